// How the bot does: its numbers as plots.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import type { Api, Flow, Row } from './api';
import {
  Choice,
  days_before,
  Load,
  percent,
  short_day,
  Table,
  Title,
  today,
  useLoaded,
  whole,
} from './parts';
import { Bars, Funnel, Legend, Lines, type Part, type Stage } from './plots';

interface All {
  sum?: Row;
  days: Row[];
  flows: Row[];
  channels: Row[];
  versions: Row[];
  known: Flow[];
}

const outcomes: { key: 'resolved' | 'left' | 'unhelped' | 'person' | 'open'; name: string }[] = [
  { key: 'resolved', name: 'resolved by the bot' },
  { key: 'person', name: 'to a person' },
  { key: 'left', name: 'left in the middle' },
  { key: 'unhelped', name: 'not helped' },
  { key: 'open', name: 'still open' },
];
const parts_of = (row: Row): Part[] =>
  outcomes.map(({ key, name }) => ({ name, look: key, value: row[key] }));

export function Numbers(props: { api: Api }): ComponentChildren {
  const { api } = props;
  const [days, set_days] = useState('30');
  const [channel, set_channel] = useState('');
  const [version, set_version] = useState('');
  const [flow, set_flow] = useState('');
  const until = today();
  const since = days_before(until, Number(days) - 1);
  const asked = { since, until, channel, version };
  const all = useLoaded<All>(async () => {
    const [sum, by_day, flows, channels, versions, known] = await Promise.all([
      api.stats(asked),
      api.stats({ ...asked, by: 'day' }),
      api.stats({ ...asked, by: 'flow' }),
      api.stats({ since, until, by: 'channel' }),
      api.stats({ since, until, by: 'version' }),
      api.get<{ flows: Flow[] }>('flows'),
    ]);
    const busiest = [...flows].sort((a, b) => b.conversations - a.conversations);
    return { sum: sum[0], days: by_day, flows: busiest, channels, versions, known: known.flows };
  }, [api.bot, days, channel, version]);
  const value = all.value;
  return (
    <>
      <Title>Numbers</Title>
      <form class="toolbar" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Days"
          value={days}
          on={set_days}
          of={[
            ['7', 'the last 7'],
            ['30', 'the last 30'],
            ['90', 'the last 90'],
          ]}
        />
        <Choice
          label="Channel"
          value={channel}
          on={set_channel}
          of={[['', 'all'], ...names(value?.channels, 'channel')]}
        />
        <Choice
          label="Version"
          value={version}
          on={set_version}
          of={[['', 'all'], ...names(value?.versions, 'version')]}
        />
      </form>
      <Load of={all}>
        {(found) =>
          found.sum ? (
            <>
              <Tiles row={found.sum} />
              <Days rows={found.days} since={since} until={until} />
              <div class="columns">
                <div>
                  <Outcomes row={found.sum} />
                  <DropOff
                    api={api}
                    asked={asked}
                    rows={found.flows}
                    known={found.known}
                    flow={flow || found.flows[0]?.flow || ''}
                    on={set_flow}
                  />
                </div>
                <div>
                  <Flows rows={found.flows} />
                  <Compare title="Channels" name="channel" rows={found.channels} />
                  <Compare title="Versions" name="version" rows={found.versions} />
                </div>
              </div>
            </>
          ) : (
            <p class="nothing">No customer has written in these days.</p>
          )
        }
      </Load>
    </>
  );
}

function names(rows: Row[] | undefined, of: 'channel' | 'version'): [string, string][] {
  return (rows ?? []).map((row) => [row[of]!, short(row[of]!)]);
}
// A version is a long hash.
const short = (name: string): string => (name.length > 16 ? `${name.slice(0, 10)}…` : name);

function Tiles(props: { row: Row }): ComponentChildren {
  const { row } = props;
  const ended = row.conversations - row.open;
  const tiles: [string, string, string][] = [
    ['Conversations', whole(row.conversations), `${whole(row.open)} still open`],
    [
      'Resolved by the bot',
      percent(row.resolved_share),
      `${whole(row.resolved)} of ${whole(ended)} ended`,
    ],
    [
      'Left in the middle',
      percent(ended ? row.left / ended : null),
      `${whole(row.left)} of ${whole(ended)} ended`,
    ],
    ['Handovers', whole(row.handovers), 'to a person, asked for'],
    [
      'Not understood',
      percent(row.fallback_share),
      `${whole(row.fallbacks)} of ${whole(row.messages)} messages`,
    ],
    ['Corrections', whole(row.corrections), 'of what was filled in'],
    [
      'Satisfaction',
      row.satisfaction === null ? '–' : row.satisfaction.toFixed(1),
      `${whole(row.ratings)} ${row.ratings === 1 ? 'rating' : 'ratings'}, 5 is best`,
    ],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value, note]) => (
        <div key={name} class="tile">
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong>
            <span>{note}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Days(props: { rows: Row[]; since: string; until: string }): ComponentChildren {
  const by_day = new Map(props.rows.map((row) => [row.day, row]));
  const days: string[] = [];
  for (let day = props.until; day >= props.since; day = days_before(day, 1)) days.unshift(day);
  if (!by_day.has(props.until)) days.pop(); // Nobody has written today yet.
  const values = (of: (row: Row) => number): number[] =>
    days.map((day) => {
      const row = by_day.get(day);
      return row ? of(row) : 0;
    });
  const lines = [
    { name: 'conversations', look: 'all', values: values((row) => row.conversations) },
    { name: 'resolved by the bot', look: 'resolved', values: values((row) => row.resolved) },
  ];
  return (
    <section class="card" aria-labelledby="days">
      <h2 id="days">Conversations by day</h2>
      <Lines label="Conversations by day" days={days.map(short_day)} lines={lines} />
      <Table
        caption="Conversations by day (UTC)"
        head={['Day', 'Conversations', 'Resolved', 'Not understood', 'Handovers']}
        rows={props.rows.map((row) => [
          row.day!,
          row.conversations,
          row.resolved,
          row.fallbacks,
          row.handovers,
        ])}
      />
    </section>
  );
}

function Outcomes(props: { row: Row }): ComponentChildren {
  const parts = parts_of(props.row);
  const all = Math.max(props.row.conversations, 1);
  return (
    <section class="card" aria-labelledby="ends">
      <h2 id="ends">How conversations end</h2>
      <Bars
        of={all}
        bars={parts.map((part) => ({
          name: part.name,
          parts: [part],
          note: `${whole(part.value)} · ${percent(part.value / all)}`,
        }))}
      />
    </section>
  );
}

function Flows(props: { rows: Row[] }): ComponentChildren {
  const shown = props.rows.slice(0, 12);
  return (
    <section class="card" aria-labelledby="flows">
      <h2 id="flows">Flows</h2>
      <Legend of={outcomes.map(({ key, name }) => ({ name, look: key }))} />
      <Bars
        bars={shown.map((row) => ({
          name: row.flow!,
          href: `#/flows/${encodeURIComponent(row.flow!)}`,
          parts: parts_of(row),
          note: whole(row.conversations),
        }))}
      />
      <Table
        caption="Conversations that came by each flow"
        head={[
          'Flow',
          'Conversations',
          'Resolved',
          'Completed',
          'Not understood',
          'Corrections',
          'Satisfaction',
        ]}
        rows={props.rows.map((row) => [
          row.flow!,
          row.conversations,
          percent(row.resolved_share),
          row.completed ?? 0,
          row.fallbacks,
          row.corrections,
          row.satisfaction?.toFixed(1) ?? '–',
        ])}
      />
    </section>
  );
}

function DropOff(props: {
  api: Api;
  asked: Record<string, string>;
  rows: Row[];
  known: Flow[];
  flow: string;
  on: (flow: string) => void;
}): ComponentChildren {
  const { api, asked, flow } = props;
  const steps = useLoaded<Row[]>(
    async () => (flow ? api.stats({ ...asked, flow, by: 'step' }) : []),
    [api.bot, flow, JSON.stringify(asked)],
  );
  return (
    <section class="card" aria-labelledby="drop">
      <h2 id="drop">Where customers leave</h2>
      <Choice
        label="Flow"
        value={flow}
        on={props.on}
        of={props.rows.map((row) => [row.flow!, row.flow!])}
      />
      <Load of={steps}>
        {(rows) => {
          const stages = stages_of(
            rows,
            props.known.find((one) => one.id === flow),
          );
          if (stages.length === 0) return <p class="nothing">Nobody has come by its steps.</p>;
          return (
            <>
              <Funnel label={`Steps of ${flow}: how many came, how many left`} stages={stages} />
              <Table
                caption={`Steps of ${flow}`}
                head={['Step', 'Came', 'Left here', 'Share']}
                rows={stages.map((stage) => [
                  stage.name,
                  stage.entered,
                  stage.left,
                  percent(stage.entered ? stage.left / stage.entered : null),
                ])}
              />
            </>
          );
        }}
      </Load>
    </section>
  );
}

// In the order they have in the flow; those it no longer has come last.
export function stages_of(rows: Row[], flow: Flow | undefined): Stage[] {
  const place = (step: string): number => {
    const at = flow?.steps.indexOf(step) ?? -1;
    return at < 0 ? 1e6 : at;
  };
  return rows
    .map((row) => ({ name: row.step!, entered: row.entered ?? 0, left: row.left }))
    .sort((a, b) => place(a.name) - place(b.name));
}

function Compare(props: {
  title: string;
  name: 'channel' | 'version';
  rows: Row[];
}): ComponentChildren {
  return (
    <section class="card" aria-labelledby={props.name}>
      <h2 id={props.name}>{props.title}</h2>
      <Bars
        bars={props.rows.map((row) => ({
          name: short(row[props.name]!),
          parts: parts_of(row),
          note: `${whole(row.conversations)} · ${percent(row.resolved_share)} resolved`,
        }))}
      />
    </section>
  );
}
