// Stands for MapLibre's choice between Mercator, the globe and the perspective from space: towns are shown in Mercator's.

import { MercatorCameraHelper } from "maplibre-gl/src/geo/projection/mercator_camera_helper.ts";
import { MercatorProjection } from "maplibre-gl/src/geo/projection/mercator_projection.ts";
import { createMercatorTransform } from "maplibre-gl/src/geo/projection/mercator_transform.ts";

export function createProjectionFromName(_name: unknown, constrainOverride: any) {
  return {
    projection: new MercatorProjection(),
    transform: createMercatorTransform({ constrainOverride }),
    cameraHelper: new MercatorCameraHelper(),
  };
}
