import { Text } from "./answer";
import { useDoor } from "./door";
import { Failure } from "./failure";
import { Loading, useRead } from "./symbols";

/** A conversation that somebody shared: to be read, not to be gone on with. */
export function Shared({ name }: { name: string }) {
  const { client } = useDoor();
  const { found, failed, retry } = useRead(() => client.shared(name), [name]);
  return (
    <main class="page shared" id="main" tabIndex={-1}>
      {failed && <Failure error={failed} retry={retry} />}
      {!found && !failed && <Loading />}
      {found && (
        <>
          <h1>{found.title}</h1>
          <p class="quiet">Shared with those who may see all that it cites.</p>
          {found.turns.map((turn) => (
            <article key={turn.number}>
              <h2>{turn.question}</h2>
              <Text text={turn.answer} />
            </article>
          ))}
        </>
      )}
    </main>
  );
}
