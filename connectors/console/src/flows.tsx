// The bot's flows, drawn, with where customers went.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Api, Flow, Row } from './api';
import { stages_of } from './numbers';
import { Choice, days_before, Load, Table, Title, today, useLoaded, whole } from './parts';

export function Flows(props: { api: Api }): ComponentChildren {
  const { api } = props;
  const loaded = useLoaded(async () => {
    const until = today();
    const [known, rows] = await Promise.all([
      api.get<{ flows: Flow[] }>('flows'),
      api.stats({ since: days_before(until, 29), until, by: 'flow' }),
    ]);
    return { flows: known.flows, rows: new Map(rows.map((row) => [row.flow, row])) };
  }, [api.bot]);
  return (
    <>
      <Title>Flows</Title>
      <Load of={loaded}>
        {({ flows, rows }) => (
          <ul class="flows">
            {flows.map((flow) => (
              <li key={flow.id} class="card">
                <h2>
                  <a href={`#/flows/${encodeURIComponent(flow.id)}`}>{flow.id}</a>
                </h2>
                <p>{flow.description}</p>
                <p class="facts">{facts(rows.get(flow.id))}</p>
              </li>
            ))}
          </ul>
        )}
      </Load>
    </>
  );
}

function facts(row: Row | undefined): ComponentChildren {
  if (!row) return <span>not used in 30 days</span>;
  return (
    <>
      <span>{whole(row.started ?? 0)} times started</span>
      <span>{whole(row.completed ?? 0)} completed</span>
      <span>{whole(row.abandoned ?? 0)} not</span>
    </>
  );
}

export function FlowView(props: { api: Api; id: string }): ComponentChildren {
  const { api, id } = props;
  const [days, set_days] = useState('30');
  const until = today();
  const since = days_before(until, Number(days) - 1);
  const loaded = useLoaded(async () => {
    const [known, svg, rows] = await Promise.all([
      api.get<{ flows: Flow[] }>('flows'),
      api.text(`flows/${encodeURIComponent(id)}.svg`, { since, until }),
      api.stats({ since, until, flow: id, by: 'step' }),
    ]);
    const flow = known.flows.find((one) => one.id === id);
    return { flow, svg, stages: stages_of(rows, flow) };
  }, [api.bot, id, days]);
  return (
    <>
      <p class="back">
        <a href="#/flows">All flows</a>
      </p>
      <Title>{id}</Title>
      <Load of={loaded}>
        {({ flow, svg, stages }) => (
          <>
            <p>{flow?.description}</p>
            <p class="facts">
              <code>
                {flow?.file}:{flow?.line}
              </code>
            </p>
            <div class="toolbar">
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
            </div>
            <div class="flow">
              <Drawing svg={svg} name={id} />
              <section class="card" aria-label="Steps">
                <Table
                  open
                  caption={`Steps of ${id}`}
                  head={['Step', 'Came', 'Left here']}
                  rows={stages.map((stage) => [stage.name, stage.entered, stage.left])}
                />
              </section>
            </div>
          </>
        )}
      </Load>
    </>
  );
}

const style_part = /<style[^>]*>([^<]*)<\/style>/g;

// In a tree of its own, so that the drawing's style is the drawing's alone. The page's policy allows
// no style in a document, not even one that is parsed only; hence the sheet.
function Drawing(props: { svg: string; name: string }): ComponentChildren {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const root = place.current.shadowRoot ?? place.current.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(Array.from(props.svg.matchAll(style_part), ([, css]) => css).join('\n'));
    const plain = props.svg.replace(style_part, '');
    const drawn = new DOMParser().parseFromString(plain, 'image/svg+xml').documentElement;
    drawn.setAttribute('role', 'group'); // It has links, which an image cannot have.
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(document.importNode(drawn, true));
  }, [props.svg]);
  return (
    <div class="drawing scroll" tabIndex={0} role="region" aria-label={`Drawing of ${props.name}`}>
      <div ref={place} />
    </div>
  );
}
