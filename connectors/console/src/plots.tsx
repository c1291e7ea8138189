// The plots: plain SVG, as wide as the place they stand in. Each is an image with a name; its
// numbers are in the table beside it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { whole } from './parts';

// The width there is, in pixels.
function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const place = useRef<HTMLDivElement>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    if (!place.current) return undefined;
    const watch = new ResizeObserver(([entry]) => {
      if (entry) set(Math.floor(entry.contentRect.width));
    });
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}

function Plot(props: {
  label: string;
  height: number;
  draw: (width: number) => ComponentChildren;
}): ComponentChildren {
  const [place, width] = useWidth();
  return (
    <div class="plot" ref={place}>
      {width > 0 && (
        <svg
          role="img"
          aria-label={props.label}
          width={width}
          height={props.height}
          viewBox={`0 0 ${width} ${props.height}`}
        >
          {props.draw(width)}
        </svg>
      )}
    </div>
  );
}

// Round numbers from 0 to above `max`, at most five of them.
export function ticks(max: number): number[] {
  if (max <= 0) return [0, 1];
  let step = 10 ** Math.floor(Math.log10(max));
  for (const part of [1, 2, 5, 10]) {
    const tried = Math.max(1, (step / 10) * part);
    if (Number.isInteger(tried) && max / tried <= 4) {
      step = tried;
      break;
    }
  }
  const all = [0];
  while (all[all.length - 1]! < max) all.push(all[all.length - 1]! + step);
  return all;
}

export interface Line {
  name: string;
  look: string; // Class
  values: number[];
}

// Lines over days.
export function Lines(props: { label: string; days: string[]; lines: Line[] }): ComponentChildren {
  const height = 240;
  const [top, right, bottom, left] = [12, 14, 28, 40];
  const marks = ticks(Math.max(...props.lines.flatMap((line) => line.values), 0));
  const max = marks[marks.length - 1]!;
  const draw = (width: number): ComponentChildren => {
    const last = Math.max(props.days.length - 1, 1);
    const x = (i: number): number =>
      props.days.length === 1
        ? (left + width - right) / 2
        : left + ((width - left - right) * i) / last;
    const y = (value: number): number => top + (height - top - bottom) * (1 - value / max);
    const every = Math.max(1, Math.ceil(props.days.length / Math.max(2, Math.floor(width / 90))));
    const path = (values: number[]): string =>
      values
        .map((value, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`)
        .join('');
    const base = y(0);
    return (
      <>
        {marks.map((mark) => (
          <g key={mark}>
            <line class="grid" x1={left} x2={width - right} y1={y(mark)} y2={y(mark)} />
            <text class="axis" x={left - 8} y={y(mark) + 4} text-anchor="end">
              {whole(mark)}
            </text>
          </g>
        ))}
        {props.days.map(
          (day, i) =>
            (props.days.length - 1 - i) % every === 0 && (
              <text
                key={day}
                class="axis"
                x={x(i)}
                y={height - 8}
                text-anchor={i === last && i > 0 ? 'end' : i === 0 && last > 1 ? 'start' : 'middle'}
              >
                {day}
              </text>
            ),
        )}
        {props.lines.map((line, nth) => (
          <g key={line.name} class={`line ${line.look}`}>
            {nth === 0 && (
              <path
                class="area"
                d={`${path(line.values)}L${x(line.values.length - 1)} ${base}L${x(0)} ${base}Z`}
              />
            )}
            <path class="stroke" d={path(line.values)} />
            {line.values.map((value, i) => (
              <circle
                key={i}
                cx={x(i)}
                cy={y(value)}
                r={width / props.days.length < 18 ? 1.5 : 3.5}
              >
                <title>{`${props.days[i]}: ${whole(value)} ${line.name}`}</title>
              </circle>
            ))}
          </g>
        ))}
      </>
    );
  };
  return (
    <>
      <Legend of={props.lines} />
      <Plot label={props.label} height={height} draw={draw} />
    </>
  );
}

export function Legend(props: { of: { name: string; look: string }[] }): ComponentChildren {
  return (
    <ul class="legend">
      {props.of.map((one) => (
        <li key={one.name}>
          <span class={`swatch ${one.look}`} />
          {one.name}
        </li>
      ))}
    </ul>
  );
}

export interface Part {
  name: string;
  look: string;
  value: number;
}
export interface Bar {
  name: string;
  href?: string;
  parts: Part[];
  note: string; // Behind it
}

// Bars side by side with their names; each of parts that add up to it.
export function Bars(props: { bars: Bar[]; of?: number }): ComponentChildren {
  const sum = (bar: Bar): number => bar.parts.reduce((all, part) => all + part.value, 0);
  const max = props.of ?? Math.max(...props.bars.map(sum), 1);
  return (
    <ul class="bars">
      {props.bars.map((bar) => (
        <li key={bar.name}>
          <span class="name">{bar.href ? <a href={bar.href}>{bar.name}</a> : bar.name}</span>
          <svg class="bar" aria-hidden="true" width="100%" height="18">
            <rect class="track" width="100%" height="18" rx="4" />
            {
              bar.parts.reduce<{ at: number; drawn: ComponentChildren[] }>(
                ({ at, drawn }, part) => {
                  const share = (part.value / max) * 100;
                  const rect = (
                    <rect
                      key={part.name}
                      class={`part ${part.look}`}
                      x={`${at}%`}
                      width={`${share}%`}
                      height="18"
                    >
                      <title>{`${part.name}: ${whole(part.value)}`}</title>
                    </rect>
                  );
                  return { at: at + share, drawn: share > 0 ? [...drawn, rect] : drawn };
                },
                { at: 0, drawn: [] },
              ).drawn
            }
          </svg>
          <span class="note">{bar.note}</span>
        </li>
      ))}
    </ul>
  );
}

export interface Stage {
  name: string;
  entered: number;
  left: number;
}

// How many came to each step, and at which of them they left.
export function Funnel(props: { label: string; stages: Stage[] }): ComponentChildren {
  const row = 38;
  const gap = 10;
  const max = Math.max(...props.stages.map((stage) => stage.entered), 1);
  const draw = (width: number): ComponentChildren => {
    const names = Math.min(200, Math.max(110, width * 0.3));
    const notes = 96;
    const room = width - names - notes;
    const middle = names + room / 2;
    const half = (stage: Stage): number => Math.max((stage.entered / max) * (room / 2), 1);
    const cut = Math.floor(names / 7.4);
    const top = (i: number): number => i * (row + gap);
    // What fewer came to than to one that follows lies beside the way.
    const is_aside = (i: number): boolean =>
      props.stages.slice(i + 1).some((later) => later.entered > props.stages[i]!.entered);
    const way = props.stages.map((_, i) => i).filter((i) => !is_aside(i));
    const between = way.slice(1).map((to, nth) => {
      const from = way[nth]!;
      const [a, b] = [half(props.stages[from]!), half(props.stages[to]!)];
      const [high, low] = [top(from) + row, top(to)];
      return (
        <path
          key={to}
          class="between"
          d={`M${middle - a} ${high}L${middle + a} ${high}L${middle + b} ${low}L${middle - b} ${low}Z`}
        />
      );
    });
    const rows = props.stages.map((stage, i) => {
      const y = top(i);
      const here = half(stage);
      return (
        <g key={stage.name} class={is_aside(i) ? 'stage aside' : 'stage'}>
          <title>{`${stage.name}: ${whole(stage.entered)} came, ${whole(stage.left)} left`}</title>
          <text class="name" x={0} y={y + row / 2 + 4}>
            {stage.name.length > cut ? `${stage.name.slice(0, cut - 1)}…` : stage.name}
          </text>
          <rect x={middle - here} y={y} width={here * 2} height={row} rx="4" />
          <text
            class={here * 2 > 44 ? 'inside' : 'beside'}
            x={here * 2 > 44 ? middle : middle + here + 6}
            y={y + row / 2 + 4}
            text-anchor={here * 2 > 44 ? 'middle' : 'start'}
          >
            {whole(stage.entered)}
          </text>
          {stage.left > 0 && (
            <text class="lost" x={width} y={y + row / 2 + 4} text-anchor="end">
              {`${whole(stage.left)} left here`}
            </text>
          )}
        </g>
      );
    });
    return (
      <>
        {between}
        {rows}
      </>
    );
  };
  const height = Math.max(props.stages.length * (row + gap) - gap, row);
  return <Plot label={props.label} height={height} draw={draw} />;
}
