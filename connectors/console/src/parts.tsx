// What all views are made of.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { Refused, type State } from './api';

export const state_names: Record<State, string> = {
  open: 'open',
  resolved: 'resolved',
  left: 'left',
  unhelped: 'not helped',
  person: 'to a person',
};

const numbers = new Intl.NumberFormat('en-GB');
export const whole = (value: number): string => numbers.format(value);
export const percent = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;

// "27 Nov 2026, 21:06"
export function moment(iso: string | number): string {
  const date = new Date(iso);
  return date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

// "27 Nov"
export function short_day(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

export const today = (): string => new Date().toISOString().slice(0, 10);
export function days_before(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - count * 86_400_000).toISOString().slice(0, 10);
}

export interface Loaded<T> {
  value?: T;
  problem?: string;
  busy: boolean;
}

// What `load` resolves to; asked again when one of `of` changes.
export function useLoaded<T>(load: () => Promise<T>, of: unknown[]): Loaded<T> {
  const [state, set] = useState<Loaded<T>>({ busy: true });
  useEffect(() => {
    let is_wanted = true;
    set((before) => ({ ...before, problem: undefined, busy: true }));
    load().then(
      (value) => is_wanted && set({ value, busy: false }),
      (error: Error) => {
        if (is_wanted && !(error instanceof Refused)) set({ problem: error.message, busy: false });
      },
    );
    return () => {
      is_wanted = false;
    };
  }, of);
  return state;
}

// Shows what was loaded, that it is still loading, or why it could not be.
export function Load<T>(props: {
  of: Loaded<T>;
  children: (value: T) => ComponentChildren;
}): ComponentChildren {
  const { value, problem, busy } = props.of;
  if (problem !== undefined) {
    return (
      <p class="problem" role="alert">
        {problem}
      </p>
    );
  }
  if (value === undefined) return <p role="status">Loading …</p>;
  return (
    <div class="loaded" aria-busy={busy}>
      {props.children(value)}
    </div>
  );
}

// A view's heading, which has the focus when the view is come to.
export function Title(props: { children: ComponentChildren }): ComponentChildren {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${heading.current?.textContent ?? ''} – Usher console`;
    if (document.activeElement === document.body || arrived) heading.current?.focus();
    arrived = true;
  }, []);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {props.children}
    </h1>
  );
}
let arrived = false;

export function Badge(props: { state: State }): ComponentChildren {
  return <span class={`badge ${props.state}`}>{state_names[props.state]}</span>;
}

export function Choice(props: {
  label: string;
  value: string;
  of: [value: string, text: string][];
  on: (value: string) => void;
}): ComponentChildren {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.on(event.currentTarget.value)}>
        {props.of.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

// A plot's numbers, for whoever would rather read them.
export function Table(props: {
  caption: string;
  head: string[];
  rows: (string | number)[][];
  open?: boolean;
}): ComponentChildren {
  return (
    <details class="table" open={props.open}>
      <summary>As a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={props.caption}>
        <table>
          <caption>{props.caption}</caption>
          <thead>
            <tr>
              {props.head.map((name, i) => (
                <th key={name} scope="col" class={i > 0 ? 'number' : ''}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.rows.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, i) =>
                  i === 0 ? (
                    <th key={i} scope="row">
                      {cell}
                    </th>
                  ) : (
                    <td key={i} class="number">
                      {typeof cell === 'number' ? whole(cell) : cell}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
