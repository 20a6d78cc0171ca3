import { tokens } from '@fluentui/react-components';
import { geoEqualEarth, geoPath } from 'd3-geo';
import type { ReactElement } from 'react';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import worldText from 'world-atlas/countries-110m.json?raw';
import { useDark } from '../../../shared/dark.ts';
import { visible } from '../../../shared/text.ts';
import { colourOf, type Size } from './colours.ts';
import type { Place } from './shapes.ts';

const world: Topology<{ countries: GeometryCollection }> = JSON.parse(worldText);
const land = feature(world, world.objects.countries);
const [RADIUS_MIN, RADIUS_MAX] = [3, 18];

/** Places on an outline of the world that ships with the portal: nothing is asked of any server of maps. */
export function MapChart({ places, width, height }: Size & { places: readonly Place[] }): ReactElement {
  const dark = useDark();
  const projection = geoEqualEarth().fitSize([width, height], { type: 'Sphere' });
  const path = geoPath(projection);
  const largest = Math.max(1, ...places.map(({ size }) => Math.abs(size ?? 0)));
  // Large ones first, so that small ones lie on them.
  const sorted = places.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0));
  return (
    <svg width={width} height={height} role="img" aria-label={`Map of ${places.length} places`}>
      <path d={path({ type: 'Sphere' }) ?? ''} fill={tokens.colorNeutralBackground2} />
      <path
        d={path(land) ?? ''}
        fill={tokens.colorNeutralBackground5}
        stroke={tokens.colorNeutralStroke2}
        strokeWidth={0.5}
      />
      {sorted.map((place, index) => {
        const at = projection([place.longitude, place.latitude]);
        if (!at) return null;
        const radius =
          place.size === undefined
            ? RADIUS_MIN + 1
            : RADIUS_MIN + (RADIUS_MAX - RADIUS_MIN) * Math.sqrt(Math.abs(place.size) / largest);
        return (
          <circle
            key={index}
            cx={at[0]}
            cy={at[1]}
            r={radius}
            fill={colourOf(0, dark)}
            fillOpacity={0.55}
            stroke={tokens.colorNeutralBackground1}
          >
            <title>
              {[visible(place.name), `${place.latitude.toFixed(3)}, ${place.longitude.toFixed(3)}`, place.size]
                .filter((one) => one !== '' && one !== undefined)
                .join(' · ')}
            </title>
          </circle>
        );
      })}
    </svg>
  );
}
