// The look. Pages theme it by setting --usher-* on any ancestor or on the element itself:
// --usher-accent, --usher-accent-text, --usher-link, --usher-surface, --usher-background,
// --usher-text, --usher-muted, --usher-border, --usher-radius, --usher-font, --usher-width,
// --usher-height, --usher-offset, --usher-z.

export const style = `
:host {
  --accent: var(--usher-accent, #2b59d9);
  --accent-text: var(--usher-accent-text, #fff);
  --link: var(--usher-link, var(--accent));
  --surface: var(--usher-surface, #fff);
  --ground: var(--usher-background, #f5f6f8);
  --text: var(--usher-text, #1c1f26);
  --muted: var(--usher-muted, #5b6270);
  --border: var(--usher-border, #e2e5ea);
  --bad: #b3261e;
  --shadow: 0 12px 40px rgb(20 24 35 / .18), 0 2px 8px rgb(20 24 35 / .1);
  --radius: var(--usher-radius, 18px);
  --offset: var(--usher-offset, 24px);
  color-scheme: light;
  display: contents;
}
@media (prefers-color-scheme: dark) {
  :host(:not([data-theme=light])) {
    --link: var(--usher-link, color-mix(in srgb, var(--accent) 40%, #fff));
    --surface: var(--usher-surface, #20242c);
    --ground: var(--usher-background, #15181d);
    --text: var(--usher-text, #eceef2);
    --muted: var(--usher-muted, #a7aebb);
    --border: var(--usher-border, #323843);
    --bad: #ffb4ab;
    --shadow: 0 12px 40px rgb(0 0 0 / .5), 0 0 0 1px rgb(255 255 255 / .06);
    color-scheme: dark;
  }
}
:host([data-theme=dark]) {
  --link: var(--usher-link, color-mix(in srgb, var(--accent) 40%, #fff));
  --surface: var(--usher-surface, #20242c);
  --ground: var(--usher-background, #15181d);
  --text: var(--usher-text, #eceef2);
  --muted: var(--usher-muted, #a7aebb);
  --border: var(--usher-border, #323843);
  --bad: #ffb4ab;
  --shadow: 0 12px 40px rgb(0 0 0 / .5), 0 0 0 1px rgb(255 255 255 / .06);
  color-scheme: dark;
}
:host([hidden]) { display: none; }
:host([data-mode=inline]) { display: block; height: 560px; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.root {
  font: 15px/1.45 var(--usher-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
    "PingFang SC", "Microsoft YaHei", "Noto Sans", sans-serif);
  color: var(--text);
  text-align: start;
  letter-spacing: normal;
  -webkit-text-size-adjust: 100%;
}
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; border: 0; background: none; padding: 0; }
svg { display: block; width: 20px; height: 20px; fill: none; stroke: currentColor;
  stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }

.bubble {
  position: fixed; z-index: var(--usher-z, 2147483000);
  inset-block-end: var(--offset); inset-inline-end: var(--offset);
  display: grid; place-items: center; width: 60px; height: 60px; border-radius: 50%;
  background: var(--accent); color: var(--accent-text);
  box-shadow: 0 6px 20px rgb(20 24 35 / .28); transition: transform .18s ease, box-shadow .18s ease;
}
.bubble:hover { transform: translateY(-2px); box-shadow: 0 10px 26px rgb(20 24 35 / .32); }
.bubble:focus-visible { outline-offset: 3px; }
.bubble svg { width: 26px; height: 26px; transition: transform .2s ease, opacity .2s ease; grid-area: 1 / 1; }
.bubble svg + svg, .opened .bubble svg:first-child { opacity: 0; transform: rotate(-45deg) scale(.6); }
.opened .bubble svg + svg { opacity: 1; transform: none; }
.badge {
  position: absolute; inset-block-start: -3px; inset-inline-end: -3px;
  min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; border: 2px solid #fff;
  background: #b3261e; color: #fff; font-size: 12px; font-weight: 600; line-height: 18px;
  text-align: center;
}

.panel { display: flex; flex-direction: column; overflow: hidden; background: var(--ground);
  border-radius: var(--radius); }
.float .panel {
  position: fixed; z-index: var(--usher-z, 2147483000);
  inset-block-end: calc(var(--offset) + 76px); inset-inline-end: var(--offset);
  width: var(--usher-width, 384px); max-width: calc(100vw - 2 * var(--offset));
  height: var(--usher-height, 620px); max-height: calc(100vh - var(--offset) - 100px);
  box-shadow: var(--shadow); animation: rise .22s cubic-bezier(.2, .8, .3, 1);
}
.inline, .inline .panel { height: 100%; }
.inline .panel { border: 1px solid var(--border); }
.head { display: flex; align-items: center; gap: 12px; padding: 14px 16px; flex: none;
  background: var(--accent); color: var(--accent-text); }
.head :focus-visible { outline-color: currentColor; }
.face { display: grid; place-items: center; flex: none; width: 30px; height: 30px;
  border-radius: 50%; background: var(--accent); color: var(--accent-text);
  font-size: 13px; font-weight: 600; }
.face svg { width: 17px; height: 17px; }
.head .face { width: 40px; height: 40px; background: rgb(255 255 255 / .18); font-size: 16px; }
.head .face svg { width: 22px; height: 22px; }
.names { flex: 1; min-width: 0; }
.names h2 { margin: 0; font-size: 16px; font-weight: 600; line-height: 1.3; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.names p { margin: 0; font-size: 13px; line-height: 1.35; display: flex; align-items: center; gap: 6px; }
.dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: #f2b84b;
  box-shadow: 0 0 0 2px rgb(255 255 255 / .25); }
.dot.online { background: #5fd38d; }
.icon { display: grid; place-items: center; flex: none; width: 36px; height: 36px; border-radius: 50%; }
.head .icon:hover { background: rgb(255 255 255 / .16); }
.banner { flex: none; padding: 8px 16px; font-size: 13px; background: #fdf3d8; color: #4a3800;
  border-block-end: 1px solid #f0dfae; }

.middle { position: relative; flex: 1; min-height: 0; display: flex; }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px 16px 8px;
  scrollbar-width: thin; scrollbar-color: var(--border) transparent; }
.log:focus-visible { outline-offset: -3px; }
.day, .notice { margin: 14px 0; font-size: 12.5px; color: var(--muted); text-align: center; }
.day:first-child { margin-block-start: 0; }
.notice span { display: inline-block; padding: 4px 12px; border-radius: 12px;
  background: var(--surface); border: 1px solid var(--border); }
.welcome { display: grid; place-items: center; gap: 12px; padding: 48px 24px; text-align: center;
  color: var(--muted); }
.row { display: flex; gap: 8px; margin-block-start: 3px; align-items: flex-start; }
.row.first { margin-block-start: 14px; }
.row > .face { visibility: hidden; }
.row.first > .face { visibility: visible; }
.stack { display: flex; flex-direction: column; align-items: flex-start; gap: 4px;
  max-width: calc(100% - 64px); min-width: 0; }
.own { justify-content: flex-end; }
.own .stack { align-items: flex-end; }
.who { font-size: 12.5px; color: var(--muted); padding-inline-start: 2px; }
.said { padding: 9px 13px; border-radius: 16px; background: var(--surface); max-width: 100%;
  overflow-wrap: anywhere; box-shadow: 0 1px 2px rgb(20 24 35 / .07); }
.own .said { background: var(--accent); color: var(--accent-text); }
.row:not(.own).first .said { border-start-start-radius: 5px; }
.own.last .said { border-end-end-radius: 5px; }
.own.pending .said { opacity: 1; background: var(--surface); color: var(--text);
  box-shadow: inset 0 0 0 1px var(--border); }
.own.failed .said { background: var(--surface); color: var(--text);
  box-shadow: inset 0 0 0 1.5px var(--bad); }
.said > :first-child { margin-block-start: 0; }
.said > :last-child { margin-block-end: 0; }
.said p, .said ul, .said ol, .said pre { margin: 8px 0; }
.said ul, .said ol { padding-inline-start: 20px; }
.said li + li { margin-block-start: 3px; }
.said code, .said pre { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.said code { padding: 1px 5px; border-radius: 5px; background: var(--ground); color: var(--text); }
.said pre { overflow-x: auto; padding: 8px 10px; border-radius: 8px; background: var(--ground); }
.said a { color: var(--link); text-decoration: underline; text-underline-offset: 2px; }
.own .said a { color: inherit; }
.picture { display: block; max-width: 100%; max-height: 260px; border-radius: 14px;
  background: var(--border); }
.file { display: flex; align-items: center; gap: 8px; text-align: start; }
.file small { display: block; }
.meta { font-size: 12px; color: var(--muted); padding: 1px 4px 0; display: flex; gap: 8px; }
.meta .bad { color: var(--bad); font-weight: 600; }
.meta button { color: var(--link); text-decoration: underline; font-weight: 600; }
.choices { display: flex; flex-direction: column; align-items: stretch; gap: 6px; width: 100%; }
.choice { display: flex; align-items: center; justify-content: center; gap: 6px; padding: 8px 14px;
  border-radius: 12px; border: 1px solid var(--border); background: var(--surface);
  color: var(--link); font-weight: 600; text-align: center; text-decoration: none; }
.quick { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0 4px; padding-inline-start: 38px; }
.quick .choice { border-radius: 999px; border-color: var(--link); padding: 7px 15px; font-weight: 500; }
.choice:hover { background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
.choice svg { width: 16px; height: 16px; }
.bar { height: 6px; width: 200px; max-width: 100%; border-radius: 3px; overflow: hidden; background: var(--border); }
.bar i { display: block; height: 100%; width: 0; background: var(--accent); transition: width .2s; }
.problem { font-size: 13px; color: var(--bad); }
.dots { display: flex; gap: 5px; padding: 14px; }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--muted);
  animation: blink 1.2s infinite ease-in-out; }
.dots i:nth-child(2) { animation-delay: .15s; }
.dots i:nth-child(3) { animation-delay: .3s; }
.more { display: block; margin: 0 auto 8px; padding: 5px 14px; border-radius: 999px; font-size: 13px;
  color: var(--link); border: 1px solid var(--border); background: var(--surface); }
.down { position: absolute; inset-block-end: 10px; inset-inline-end: 14px; width: 36px; height: 36px;
  display: grid; place-items: center; border-radius: 50%; background: var(--surface);
  color: var(--link); box-shadow: 0 2px 10px rgb(20 24 35 / .22); }

.form { display: flex; align-items: flex-end; gap: 8px; flex: none; padding: 10px 12px;
  background: var(--surface); border-block-start: 1px solid var(--border); }
.form textarea { flex: 1; min-width: 0; resize: none; height: 42px; max-height: 132px;
  padding: 9px 14px; border: 1px solid var(--border); border-radius: 21px; background: var(--ground);
  line-height: 22px; overflow-y: auto; scrollbar-width: none; }
.form textarea::placeholder { color: var(--muted); opacity: 1; }
.form textarea:focus-visible { outline-width: 2px; outline-offset: 0; }
.go { display: grid; place-items: center; flex: none; width: 42px; height: 42px; border-radius: 50%;
  background: var(--accent); color: var(--accent-text); transition: filter .15s; }
.go:hover { filter: brightness(1.1); }

@keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.98); } }
@keyframes enter { from { opacity: 0; transform: translateY(6px); } }
@keyframes blink { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; transform: translateY(-3px); } }
.fresh { animation: enter .2s ease-out; }
@media (max-width: 480px) {
  .float .panel { inset: 0; width: auto; max-width: none; height: var(--seen-height, 100dvh);
    max-height: none; border-radius: 0; }
  .float.opened .bubble { display: none; }
  .form textarea { font-size: 16px; }
  .form { padding-block-end: max(10px, env(safe-area-inset-bottom)); }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .said, .bubble, .go, .face { border: 1px solid; }
}
@media print { :host { display: none; } }
`;
