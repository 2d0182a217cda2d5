"""What every backend of `knowledge.ledger.LedgerStore` and `SubjectKeys` must do. A backend's test class gives `store` and `keys`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from knowledge.ledger import START, Checkpoint, Draft, Head, LedgerStore, Once, SubjectKeys, canonical, digest_of


def draft(number: int = 0, stream: str = "answers", **other: object) -> Draft:
    row = {
        "kind": "asked",
        "at_us": 1_000_000 + number,
        "subject": "ab",
        "body": b'{"n":%d}' % number,
        "sealed": b"\0x",
    }
    return Draft(stream, **{**row, **other})  # type: ignore[arg-type]


def checkpoint(head: Head, pruned: int) -> Checkpoint:
    return Checkpoint(head.stream, head.number, head.digest, 7, pruned, "signer", b"mac")


class LedgerStoreContract:
    def test_events_are_chained_in_the_order_of_their_stream(self, store: LedgerStore) -> None:
        made = store.append([draft(1), draft(2, "feedback"), draft(3)])
        made += store.append([draft(4)])
        assert [(one.stream, one.number) for one in made] == [
            ("answers", 1), ("feedback", 1), ("answers", 2), ("answers", 3),
        ]  # fmt: skip
        answers = store.read("answers")
        assert answers == [made[0], made[2], made[3]]
        previous = START
        for one in answers:
            said = canonical("answers", one.number, "asked", one.at_us, "ab", one.body, b"\0x")
            assert one.digest == sha256(previous + said).digest()
            previous = one.digest
        assert store.heads() == [Head("answers", 3, previous), Head("feedback", 1, made[1].digest)]

    def test_what_is_told_once_is_left_out_until_something_else_is_told_of_it(self, store: LedgerStore) -> None:
        def of(after: str, policy: str = "file", kind: str = "policy", stream: str = "administration") -> Draft:
            body = f'{{"after":"{after}","policy":"{policy}"}}'.encode()
            once = Once(b'"policy":"file"', f'"after":"{after}"'.encode())
            return draft(1, stream, kind=kind, body=body, once=once if policy == "file" else None)

        assert len(store.append([of("a"), of("a"), draft(2, "administration")])) == 2
        assert store.append([of("a")]) == []
        assert len(store.append([of("a", "principal"), of("a", kind="other"), of("a", stream="feedback")])) == 3
        assert len(store.append([of("b"), of("a"), of("a"), of("b"), of("b")])) == 3, (
            "each change that comes again is told"
        )
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: len(store.append([of("c")])), range(16)))
        assert sorted(made) == [0] * 15 + [1]
        numbers = [one.number for one in store.read("administration")]
        assert numbers == list(range(1, len(numbers) + 1))

    def test_an_empty_ledger_has_no_heads_and_no_events(self, store: LedgerStore) -> None:
        assert store.heads() == []
        assert store.read("answers") == []
        assert store.append([]) == []
        assert store.checkpoint("answers") is None

    def test_events_are_read_a_page_at_a_time(self, store: LedgerStore) -> None:
        store.append([draft(number) for number in range(10)])
        assert [one.number for one in store.read("answers", after=3, limit=4)] == [4, 5, 6, 7]
        assert store.read("answers", after=10) == []

    def test_bytes_come_back_as_they_went_in(self, store: LedgerStore) -> None:
        body, sealed = '{"name":"größe 文 \\u0000"}'.encode(), bytes(range(256))
        store.append([draft(1, body=body, sealed=sealed, subject="", kind="größe")])
        (one,) = store.read("answers")
        assert (one.body, one.sealed, one.subject, one.kind) == (body, sealed, "", "größe")

    def test_what_is_pruned_is_gone_and_the_chain_goes_on_after_the_checkpoint(self, store: LedgerStore) -> None:
        made = store.append([draft(number) for number in range(5)])
        head = Head("answers", 3, made[2].digest)
        note = store.prune(checkpoint(head, 3), draft(9, "administration", kind="pruned"))
        assert [one.number for one in store.read("answers")] == [4, 5]
        assert store.checkpoint("answers") == checkpoint(head, 3)
        assert store.read("administration") == [note]

    def test_a_stream_that_was_pruned_as_a_whole_goes_on_where_it_ended(self, store: LedgerStore) -> None:
        made = store.append([draft(number) for number in range(3)])
        head = Head("answers", 3, made[2].digest)
        store.prune(checkpoint(head, 3), draft(9, "administration"))
        assert head in store.heads()
        (one,) = store.append([draft(4)])
        assert one.number == 4
        assert one.digest == digest_of(head.digest, "answers", 4, "asked", one.at_us, "ab", one.body, one.sealed)

    def test_threads_that_append_at_once_make_one_chain(self, store: LedgerStore) -> None:
        with ThreadPoolExecutor(4) as pool:
            batches = list(pool.map(lambda at: store.append([draft(at), draft(at)]), range(25)))
        numbers = sorted(one.number for batch in batches for one in batch)
        assert numbers == list(range(1, 51))
        previous = START
        for one in store.read("answers"):
            assert one.digest == digest_of(
                previous, "answers", one.number, one.kind, one.at_us, one.subject, one.body, one.sealed
            )
            previous = one.digest


class SubjectKeysContract:
    def test_a_name_has_one_key_that_nobody_guesses(self, keys: SubjectKeys) -> None:
        ann, bob = keys.named("ann"), keys.named("bob")
        assert keys.named("ann") == keys.find("ann") == ann
        assert keys.by_id([ann.id, "other", bob.id]) == {ann.id: ann, bob.id: bob}
        assert len({ann.id, bob.id, ann.key, bob.key}) == 4
        assert len(ann.key) == 32
        assert "ann" not in ann.id

    def test_a_dropped_key_is_gone_and_a_later_one_is_another(self, keys: SubjectKeys) -> None:
        ann = keys.named("ann")
        keys.named("bob")
        assert keys.drop("ann") == ann
        assert keys.drop("ann") is None
        assert keys.find("ann") is None
        assert keys.by_id([ann.id]) == {}
        again = keys.named("ann")
        assert again.id != ann.id
        assert again.key != ann.key

    def test_the_signing_key_stays(self, keys: SubjectKeys) -> None:
        assert keys.signing_key() == keys.signing_key()
        assert len(keys.signing_key()) == 32

    def test_threads_agree_on_a_key(self, keys: SubjectKeys) -> None:
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(lambda _: keys.named("ann").id, range(8)))) == 1
