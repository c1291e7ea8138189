// A conversation: what was written, and why the bot answered so.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Api, Explained, Fields, Json, Kept } from './api';
import { Load, moment, Title, useLoaded } from './parts';

const text_of = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : String(value);
const shown = (value: Json | undefined): string =>
  value === undefined || value === null ? 'nothing' : JSON.stringify(value);

interface Line {
  who: 'customer' | 'bot' | 'person' | 'note';
  name: string;
  text: string;
  at: number;
  buttons: string[];
}
interface Turn {
  number: number;
  lines: Line[];
}

// What people can see, by turns.
export function turns_of(kept: Kept[]): Turn[] {
  const turns: Turn[] = [{ number: 0, lines: [] }];
  const add = (line: Omit<Line, 'buttons'> & { buttons?: string[] }): void => {
    turns[turns.length - 1]!.lines.push({ buttons: [], ...line });
  };
  for (const { event } of kept) {
    const open = event.public ?? {};
    const personal = event.personal ?? {};
    const at = event.ts;
    if (event.type === 'uttered') {
      turns.push({ number: Number(open.turn ?? 0), lines: [] });
      const file = text_of(personal.attachment_name);
      const text = text_of(personal.text) || (file && `(${file})`);
      add({ who: 'customer', name: 'Customer', text, at });
    } else if (event.type === 'replied') {
      const shown_buttons = [personal.buttons, personal.quick_replies].flatMap((list) =>
        Array.isArray(list) ? list : [],
      );
      const buttons = shown_buttons.map((one) => text_of((one as Fields).title)).filter(Boolean);
      add({ who: 'bot', name: 'Bot', text: text_of(personal.text), at, buttons });
    } else if (event.type === 'person_wrote') {
      add({ who: 'person', name: text_of(open.by) || 'Person', text: text_of(personal.text), at });
    } else if (event.type === 'handover_changed') {
      const by = text_of(open.by) && ` by ${text_of(open.by)}`;
      add({ who: 'note', name: '', text: `Handover ${text_of(open.state)}${by}`, at });
    } else if (event.type === 'session_ended') {
      add({ who: 'note', name: '', text: `The session ended (${text_of(open.reason)})`, at });
    } else if (event.type === 'feedback_given') {
      const comment = text_of(personal.comment) && `: “${text_of(personal.comment)}”`;
      add({ who: 'note', name: '', text: `Rated ${text_of(open.rating)}${comment}`, at });
    }
  }
  return turns.filter((turn) => turn.lines.length > 0);
}

export function Conversation(props: { api: Api; id: string; turn?: number }): ComponentChildren {
  const { api, id } = props;
  const [asked, ask] = useState<number | undefined>(props.turn);
  const loaded = useLoaded(async () => {
    const [state, kept] = await Promise.all([
      api.get<Fields>(`conversations/${id}`),
      api.events(id),
    ]);
    return { state, turns: turns_of(kept) };
  }, [api.bot, id]);
  useEffect(() => ask(props.turn), [props.turn]);
  return (
    <>
      <p class="back">
        <a href="#/conversations">All conversations</a>
      </p>
      <Title>Conversation</Title>
      <Load of={loaded}>
        {({ state, turns }) => (
          <>
            <p class="facts">
              <code>{id}</code>
              <span>{text_of(state.channel)}</span>
              <span>{text_of(state.language)}</span>
              <span>since {moment(Number(state.started))}</span>
              {text_of(state.user) && <span>customer {text_of(state.user)}</span>}
            </p>
            <div class="conversation">
              <ol class="transcript">
                {turns.map((turn) => (
                  <TurnView
                    key={turn.number}
                    turn={turn}
                    is_asked={asked === turn.number}
                    ask={() => ask(turn.number)}
                  />
                ))}
              </ol>
              <section class="card why" aria-label="Why this reply">
                {asked === undefined ? (
                  <p class="nothing">
                    Choose “Why?” beside a message to see how the bot came to its reply.
                  </p>
                ) : (
                  <Why api={api} id={id} turn={asked} />
                )}
              </section>
            </div>
          </>
        )}
      </Load>
    </>
  );
}

function TurnView(props: { turn: Turn; is_asked: boolean; ask: () => void }): ComponentChildren {
  const { turn, is_asked } = props;
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (is_asked) place.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <li class={`turn${is_asked ? ' asked' : ''}`} ref={place}>
      {turn.lines.map((line, i) =>
        line.who === 'note' ? (
          <p key={i} class="note">
            {line.text}
          </p>
        ) : (
          <div key={i} class={`said ${line.who}`}>
            <p class="who">
              {line.name} <time dateTime={new Date(line.at).toISOString()}>{moment(line.at)}</time>
            </p>
            <p class="text">{line.text}</p>
            {line.buttons.length > 0 && (
              <ul class="buttons" aria-label="Buttons shown">
                {line.buttons.map((title) => (
                  <li key={title}>{title}</li>
                ))}
              </ul>
            )}
          </div>
        ),
      )}
      <button type="button" class="asks" aria-pressed={is_asked} onClick={props.ask}>
        Why?<span class="hidden"> Turn {turn.number}</span>
      </button>
    </li>
  );
}

function Why(props: { api: Api; id: string; turn: number }): ComponentChildren {
  const { api, id, turn } = props;
  const loaded = useLoaded(
    () => api.get<Explained>(`conversations/${id}/explain`, { turn }),
    [id, turn],
  );
  return (
    <>
      <h2>{turn === 0 ? 'Why this opening' : `Why this reply, turn ${turn}`}</h2>
      <Load of={loaded}>
        {(found) => found.turns.map((one, i) => <Reasons key={i} turn={one} />)}
      </Load>
    </>
  );
}

function Reasons(props: { turn: Fields }): ComponentChildren {
  const { turn } = props;
  const understood = turn.understood as Fields | undefined;
  const steps = (turn.steps ?? []) as Fields[];
  const commands = (turn.commands ?? []) as Json[];
  return (
    <>
      {turn.said !== undefined && <blockquote>{text_of(turn.said)}</blockquote>}
      {understood && <Understood of={understood} />}
      {commands.length > 0 && (
        <>
          <h3>Decided</h3>
          <ul class="commands">
            {commands.map((command, i) => (
              <li key={i}>
                <code>{JSON.stringify(command)}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Done</h3>
      <ol class="steps">
        {together(steps).map((group, i) => {
          const what = text_of(group[0]!.what);
          return (
            <li key={i}>
              <span class={`what ${what}`}>{what.replace('_', ' ')}</span>
              {group.length === 1 ? <StepText step={group[0]!} /> : <Slots steps={group} />}
            </li>
          );
        })}
      </ol>
      {turn.no_conditions !== undefined && <p class="nothing">{text_of(turn.no_conditions)}</p>}
    </>
  );
}

// Many slots that one call or one end of a flow has set are one line, to be opened.
const few = 3;
export function together(steps: Fields[]): Fields[][] {
  const groups: Fields[][] = [];
  for (const step of steps) {
    const before = groups[groups.length - 1];
    const same = before?.[0]?.what === 'slot' && step.what === 'slot' && before[0].by === step.by;
    if (before && same) before.push(step);
    else groups.push([step]);
  }
  return groups.flatMap((group) => (group.length > few ? [group] : group.map((one) => [one])));
}

function Slots(props: { steps: Fields[] }): ComponentChildren {
  const { steps } = props;
  const reset = steps.every((step) => step.to === null || step.to === undefined);
  return (
    <details>
      <summary>
        {steps.length} slots {reset ? 'reset' : 'set'} <small>by {text_of(steps[0]!.by)}</small>
      </summary>
      {steps.map((step, i) => (
        <StepText key={i} step={step} />
      ))}
    </details>
  );
}

function Understood(props: { of: Fields }): ComponentChildren {
  const segments = (props.of.segments ?? []) as Fields[];
  const entities = (props.of.entities ?? []) as Fields[];
  const mood = props.of.sentiment;
  return (
    <>
      <h3>Understood</h3>
      {segments.map((segment, i) => {
        const intents = ((segment.intents ?? []) as Fields[]).slice(0, 4);
        const rows = intents.map((one): [string, number] => [
          text_of(one.name),
          Number(one.p ?? 0),
        ]);
        rows.push(['(something else)', Number(segment.p_outside ?? 0)]);
        return (
          <div key={i}>
            {segment.text !== undefined && <p class="segment">“{text_of(segment.text)}”</p>}
            <ul class="intents">
              {rows.map(([name, p]) => (
                <li key={name}>
                  <span>{name}</span>
                  <meter min={0} max={1} value={p} aria-label={name} />
                  <span class="number">{p.toFixed(2)}</span>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {entities.length > 0 && (
        <ul class="entities">
          {entities.map((one, i) => (
            <li key={i}>
              <span class="tag">{text_of(one.type)}</span> {shown(one.value)}{' '}
              <small>{text_of(one.source)}</small>
            </li>
          ))}
        </ul>
      )}
      {typeof mood === 'number' && (
        <p class="nothing">
          Sounds {mood > 0.3 ? 'pleased' : mood < -0.3 ? 'unhappy' : 'neutral'} ({mood.toFixed(2)})
        </p>
      )}
    </>
  );
}

// A step of the explanation in words.
function StepText(props: { step: Fields }): ComponentChildren {
  const { step } = props;
  const place = step.at !== undefined && <small class="place">{text_of(step.at)}</small>;
  const flow = text_of(step.flow);
  switch (step.what) {
    case 'condition': {
      const values = Object.entries((step.values ?? {}) as Fields);
      return (
        <span>
          <code>{text_of(step.condition)}</code> →{' '}
          <b>
            {step.result === true ? 'yes' : step.result === false ? 'no' : text_of(step.result)}
          </b>
          {step.result === true && step.leads_to !== undefined && `: ${text_of(step.leads_to)}`}{' '}
          {place}
          {values.length > 0 && (
            <small class="values">
              {values.map(([name, value]) => `${name} = ${shown(value)}`).join(', ')}
            </small>
          )}
        </span>
      );
    }
    case 'slot':
      return (
        <span>
          <b>{text_of(step.slot)}</b>: {shown(step.from)} → {shown(step.to)}{' '}
          <small>by {text_of(step.by)}</small>
        </span>
      );
    case 'step':
      return (
        <span>
          <a href={`#/flows/${encodeURIComponent(flow)}`}>{flow}</a>.{text_of(step.step)} {place}
        </span>
      );
    case 'start':
      return (
        <span>
          <b>{flow}</b> by {text_of(step.by)} {place}
        </span>
      );
    case 'end':
      return (
        <span>
          <b>{flow}</b> {text_of(step.how)}
        </span>
      );
    case 'reply':
      return (
        <span>
          <code>{text_of(step.response)}</code> <q>{text_of(step.text)}</q>
        </span>
      );
    case 'ask':
      return (
        <span>
          waits for <b>{text_of(step.slot)}</b> <small>{flow}</small>
        </span>
      );
    case 'call':
      return (
        <code>
          {text_of(step.method)} {text_of(step.path)}
        </code>
      );
    case 'answer':
      return (
        <span>
          {text_of(step.outcome)} {text_of(step.status)}{' '}
          <small>after {text_of(step.took_ms)} ms</small>
        </span>
      );
    default: {
      const rest = Object.entries(step).filter(([name]) => name !== 'what' && name !== 'at');
      return (
        <span>
          {rest
            .map(
              ([name, value]) =>
                `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
            )
            .join(', ')}{' '}
          {place}
        </span>
      );
    }
  }
}
