// The console: login, navigation, views. All it shows comes from /v1, asked with the operator's
// key, which this tab keeps until it is closed.
import { type ComponentChildren, render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

import { Api, type Bot, Refused } from './api';
import { Conversation } from './conversation';
import { Flows, FlowView } from './flows';
import { Numbers } from './numbers';
import { Choice, Title } from './parts';
import { Sessions } from './sessions';

const views: [path: string, name: string][] = [
  ['numbers', 'Numbers'],
  ['conversations', 'Conversations'],
  ['flows', 'Flows'],
];

function Login(props: {
  problem: string;
  enter: (key: string) => Promise<void>;
}): ComponentChildren {
  const [key, set_key] = useState('');
  const [busy, set_busy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    set_busy(true);
    await props.enter(key.trim());
    set_busy(false);
  };
  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <Title>Usher console</Title>
        <label class="field">
          <span>Operator’s key</span>
          <input
            type="password"
            autoComplete="off"
            required
            value={key}
            aria-describedby="where"
            onInput={(event) => set_key(event.currentTarget.value)}
          />
        </label>
        <p id="where" class="nothing">
          It lies in the state folder, in <code>keys/operator.key</code>. This tab keeps it until it
          is closed.
        </p>
        {props.problem && (
          <p class="problem" role="alert">
            {props.problem}
          </p>
        )}
        <button type="submit" disabled={busy}>
          Log in
        </button>
      </form>
    </main>
  );
}

function useHash(): string[] {
  const read = (): string[] => location.hash.replace(/^#\/?/, '').split('/').map(decode);
  const [path, set] = useState(read);
  useEffect(() => {
    const change = (): void => set(read());
    addEventListener('hashchange', change);
    return () => removeEventListener('hashchange', change);
  }, []);
  return path;
}
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function View(props: { api: Api; path: string[] }): ComponentChildren {
  const { api, path } = props;
  const [view, id = '', turn] = path;
  if (view === 'conversations' && id) {
    return (
      <Conversation
        key={id}
        api={api}
        id={id}
        turn={turn === undefined ? undefined : Number(turn) || 0}
      />
    );
  }
  if (view === 'conversations') return <Sessions api={api} />;
  if (view === 'flows' && id) return <FlowView key={id} api={api} id={id} />;
  if (view === 'flows') return <Flows api={api} />;
  return <Numbers api={api} />;
}

function Desk(props: { api: Api; bots: Bot[]; leave: () => void }): ComponentChildren {
  const { api, bots } = props;
  const path = useHash();
  const [bot, set_bot] = useState(bots[0]?.name ?? '');
  api.bot = bot;
  const here = views.some(([view]) => view === path[0]) ? path[0] : 'numbers';
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <header>
        <span class="brand">{bots.find((one) => one.name === bot)?.title || bot}</span>
        <nav aria-label="Views">
          {views.map(([view, name]) => (
            <a key={view} href={`#/${view}`} aria-current={view === here ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {bots.length > 1 && (
          <Choice
            label="Bot"
            value={bot}
            on={set_bot}
            of={bots.map((one) => [one.name, one.title || one.name])}
          />
        )}
        <button type="button" class="quiet" onClick={props.leave}>
          Log out
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        <View key={`${bot} ${here} ${path[1] ?? ''}`} api={api} path={path} />
      </main>
    </>
  );
}
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector('main')?.focus();
}

function App(): ComponentChildren {
  const [key, set_key] = useState(Api.key);
  const [bots, set_bots] = useState<Bot[]>();
  const [problem, set_problem] = useState('');
  const leave = (): void => {
    Api.forget();
    set_key(null);
    set_bots(undefined);
  };
  const refused = (): void => {
    leave();
    set_problem('The server does not take this key.');
  };
  const enter = async (tried: string): Promise<void> => {
    set_problem('');
    try {
      const { bots: found } = await new Api(tried, refused).get<{ bots: Bot[] }>('bots');
      Api.keep(tried);
      set_key(tried);
      set_bots(found);
    } catch (error) {
      if (!(error instanceof Refused)) set_problem((error as Error).message);
    }
  };
  useEffect(() => {
    if (key && !bots) void enter(key);
  }, []);
  const api = useMemo(() => new Api(key ?? '', refused), [key]);
  if (key && bots) return <Desk api={api} bots={bots} leave={leave} />;
  if (key && !problem) return <p role="status">Loading …</p>;
  return <Login problem={problem} enter={enter} />;
}

render(<App />, document.getElementById('app')!);
