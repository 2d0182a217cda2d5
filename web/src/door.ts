// What surrounds the shared components: how calls travel, and what happens where they point out of themselves.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "./api";
import type { Place } from "./places";
import type { Claim } from "./shapes";

export interface Door {
  client: Client;
  /** Opens lines; `proof` is the claim that they prove. */
  open(place: Place, proof?: Claim): void;
  /** Shows what is near a symbol, or what a change of it breaks. */
  show(symbol: string, view: "near" | "impact"): void;
  /** Takes an API key, where the door asks for it inside the page. */
  giveKey?(key: string): void;
}

const Doors = createContext<Door | null>(null);
export const DoorProvider = Doors.Provider;

export function useDoor(): Door {
  const door = useContext(Doors);
  if (!door) throw new Error("no DoorProvider stands above");
  return door;
}
