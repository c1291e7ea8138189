// Conversations, the latest first, with a search.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import type { Api, Flow, Session } from './api';
import { Badge, Choice, Load, moment, state_names, Title, useLoaded } from './parts';

interface Page {
  sessions: Session[];
  next: string | null;
  looked_at: number;
}

const is_id = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);
export const href_of = (id: string, turn?: number): string =>
  `#/conversations/${id}${turn ? `/${turn}` : ''}`;

export function Sessions(props: { api: Api }): ComponentChildren {
  const { api } = props;
  const [text, set_text] = useState('');
  const [words, set_words] = useState('');
  const [flow, set_flow] = useState('');
  const [state, set_state] = useState('');
  const flows = useLoaded(() => api.get<{ flows: Flow[] }>('flows'), [api.bot]);
  const known = (flows.value?.flows ?? []).filter((one) => !one.pattern);
  const search = (event: Event): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (is_id(wanted)) location.hash = href_of(wanted);
    else set_words(wanted);
  };
  return (
    <>
      <Title>Conversations</Title>
      <form class="toolbar" role="search" onSubmit={search}>
        <label class="field grows">
          <span>Words, or a conversation’s id</span>
          <input
            type="search"
            maxLength={100}
            value={text}
            onInput={(event) => set_text(event.currentTarget.value)}
          />
        </label>
        <Choice
          label="Flow"
          value={flow}
          on={set_flow}
          of={[['', 'all'], ...known.map(({ id }): [string, string] => [id, id])]}
        />
        <Choice
          label="Ended"
          value={state}
          on={set_state}
          of={[['', 'in any way'], ...(Object.entries(state_names) as [string, string][])]}
        />
        <button type="submit">Search</button>
      </form>
      <Found
        key={`${api.bot} ${words} ${flow} ${state}`}
        api={api}
        asked={{ text: words, flow, state }}
      />
    </>
  );
}

function Found(props: { api: Api; asked: Record<string, string> }): ComponentChildren {
  const { api, asked } = props;
  const [later, set_later] = useState<Page[]>([]);
  const [problem, set_problem] = useState('');
  const first = useLoaded<Page>(() => api.get<Page>('sessions', { ...asked, limit: 20 }), []);
  return (
    <Load of={first}>
      {(page) => {
        const pages = [page, ...later];
        const rows = pages.flatMap((one) => one.sessions);
        const { next } = pages[pages.length - 1]!;
        const more = async (): Promise<void> => {
          try {
            const following = await api.get<Page>('sessions', {
              ...asked,
              limit: 20,
              after: next!,
            });
            set_later([...later, following]);
          } catch (error) {
            set_problem((error as Error).message);
          }
        };
        const looked_at = pages.reduce((sum, one) => sum + one.looked_at, 0);
        return (
          <>
            {rows.length === 0 && (
              <p class="nothing" role="status">
                {next ? `Nothing found in the ${looked_at} latest yet.` : 'Nothing was found.'}
              </p>
            )}
            <ul class="sessions">
              {rows.map((row) => (
                <li key={`${row.conversation} ${row.at}`}>
                  <a href={href_of(row.conversation, row.first_turn)}>
                    <span class="words">{row.first_words || '(no words)'}</span>
                    <span class="facts">
                      <Badge state={row.state} />
                      <span>{moment(row.at)}</span>
                      <span>{row.channel}</span>
                      <span>
                        {row.messages} {row.messages === 1 ? 'message' : 'messages'}
                      </span>
                      {row.rating > 0 && <span>rated {row.rating}</span>}
                      {row.flows.map((name) => (
                        <span key={name} class="tag">
                          {name}
                        </span>
                      ))}
                    </span>
                  </a>
                </li>
              ))}
            </ul>
            {problem && (
              <p class="problem" role="alert">
                {problem}
              </p>
            )}
            {next && (
              <button type="button" class="more" onClick={() => void more()}>
                Show more
              </button>
            )}
          </>
        );
      }}
    </Load>
  );
}
