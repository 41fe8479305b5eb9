/** The one stylesheet. Colours keep a contrast of 4.5 or more against their ground, in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f3f5f8; --card: #ffffff; --ink: #16202e; --soft: #4a5767; --line: #c6cfda; --accent: #1f55c4;
  --accent-ink: #ffffff; --warn-ground: #fff5dc; --warn-ink: #5c4100; --warn-line: #d8a421; --bad-ground: #fdecec; --bad-ink: #8d1616; --bad-line: #d86a6a; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151d; --card: #1a212c; --ink: #eef2f7; --soft: #b3bfcd; --line: #3b4757; --accent: #8fb4ff;
  --accent-ink: #0c1a36; --warn-ground: #34290c; --warn-ink: #ffdf95; --warn-line: #a47b16; --bad-ground: #3a1717; --bad-ink: #ffc4c4; --bad-line: #b14848; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header { width: 100%; max-width: 34rem; padding: clamp(1.25rem, 7vh, 4.5rem) 1.5rem 0.875rem; display: flex; align-items: center; gap: 0.5rem; font-weight: 600; color: var(--soft); letter-spacing: 0.01em; }
header::before { content: ""; width: 1.125rem; height: 1.125rem; background: var(--accent); border-radius: 50% 50% 50% 0.1875rem; }
main { width: 100%; max-width: 34rem; padding: 1.75rem 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.875rem;
  box-shadow: 0 1px 2px rgb(16 24 40 / 5%), 0 12px 32px rgb(16 24 40 / 6%); }
main > :last-child { margin-bottom: 0; }
footer { width: 100%; max-width: 34rem; padding: 1rem 1.5rem 2rem; color: var(--soft); font-size: 0.875rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 0.75rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 1.25rem 0 0.5rem; font-size: 1.0625rem; overflow-wrap: anywhere; }
p { margin: 0.5rem 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
code { font: 0.9375em ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dl { margin: 1rem 0; display: grid; grid-template-columns: max-content 1fr; gap: 0.375rem 1rem; }
dd[data-verified="no"] { color: var(--warn-ink); font-weight: 600; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
label { font-weight: 500; }
.field { margin: 1rem 0; display: grid; gap: 0.375rem; }
input[type="text"], input[type="password"] { width: 100%; padding: 0.625rem 0.75rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: 0.5rem; }
fieldset { margin: 1rem 0; padding: 0.25rem 1rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; min-width: 0; }
legend { padding: 0 0.375rem; font-weight: 600; overflow-wrap: anywhere; }
.choice { display: grid; grid-template-columns: 1.375rem 1fr; gap: 0.625rem; align-items: start; padding: 0.375rem 0; }
.choice input { width: 1.125rem; height: 1.125rem; margin: 0.1875rem 0 0; accent-color: var(--accent); }
.choice small { display: block; color: var(--soft); font-weight: 400; }
.notice { margin: 1rem 0; padding: 0.75rem 1rem; border: 1px solid var(--line); border-left-width: 4px; border-radius: 0.5rem; }
.notice p { margin: 0; }
.warning { background: var(--warn-ground); color: var(--warn-ink); border-color: var(--warn-line); }
.failure { background: var(--bad-ground); color: var(--bad-ink); border-color: var(--bad-line); }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
.actions > * { flex: 1 1 9rem; }
button, a.button { padding: 0.6875rem 1rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border-radius: 0.5rem; border: 1px solid var(--accent);
  background: var(--card); color: var(--accent); cursor: pointer; }
button.primary, a.button.primary { background: var(--accent); color: var(--accent-ink); }
button:hover, a.button:hover { border-color: var(--ink); }
button.small { padding: 0.375rem 0.875rem; font-size: 0.9375rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.entries { list-style: none; margin: 1.25rem 0 0; padding: 0; }
.entry { padding: 1.25rem 0; border-top: 1px solid var(--line); display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; align-items: start; }
.entry:last-child { padding-bottom: 0; }
.entry h2 { margin: 0; } .entry dl { grid-column: 1 / -1; margin: 0.75rem 0 0; }
.quiet { margin: 0.125rem 0 0; color: var(--soft); font-size: 0.875rem; }
@media (max-width: 34rem) { main { border-inline: 0; border-radius: 0; } dl { grid-template-columns: 1fr; gap: 0; } dd + dt { margin-top: 0.625rem; } }
@media (forced-colors: active) { button, a.button, main { border: 1px solid; } }
`;
