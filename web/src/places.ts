// Places as answers cite them: `path:12`, `path:12-15`, `repository:path:12`, `path.md#heading:7-9`.

export interface Place {
  repository?: string;
  path: string;
  start: number;
  end: number;
}

const PLACE = /^(?:([\w.-]+):)?([^\s:#]*[A-Za-z_][^\s:#]*)(?:#[^\s:]*)?:(\d+)(?:[-–](\d+))?$/;

/** Reads a citation, or null where the text is none. */
export function placeOf(text: string): Place | null {
  const found = PLACE.exec(text);
  if (!found) return null;
  const [, repository, path, start, end] = found;
  return { repository, path: path!, start: Number(start), end: Number(end ?? start) };
}

export function label(place: Place): string {
  return `${place.path}:${place.start}${place.end > place.start ? `-${place.end}` : ""}`;
}

/** The part of a symbol's id that people call it by; of a name all of it. */
export function localName(id: string): string {
  return id.slice(id.indexOf("#") + 1) || id;
}
