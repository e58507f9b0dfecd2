// What our pages take from MapLibre: the map, where its worker is, how to read a file of tiles, and how not to wait for a processor.

import { config } from "maplibre-gl/src/util/config.ts";
import "./letters.ts";

export { Map } from "maplibre-gl/src/ui/map.ts";
export { unhurried } from "./unhurried.ts";
export { addProtocol } from "maplibre-gl/src/source/protocol_crud.ts";

export function setWorkerUrl(value: string): void {
  config.WORKER_URL = value;
}
