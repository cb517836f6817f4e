/** How Slack looks, near enough: its light and dark themes. */
export const SLACK_CSS = `
.light { --bg:#fff; --text:#1d1c1d; --soft:#616061; --line:#dddddd; --link:#1264a3; --edge:#c9c9ca; --code:#f8f8f8; --codetext:#c01343; --hover:#f8f8f8; --card:#fff; }
.dark { --bg:#1a1d21; --text:#d1d2d3; --soft:#ababad; --line:#383b40; --link:#1d9bd1; --edge:#565856; --code:#222529; --codetext:#e8912d; --hover:#222529; --card:#1a1d21; }
* { box-sizing:border-box; }
body { margin:0; background:var(--bg); color:var(--text); font:15px/1.46668 Lato,Inter,"Noto Sans","Noto Sans CJK SC","Droid Sans Fallback",sans-serif; font-variant-ligatures:none; }
main { padding:12px 0; }
a { color:var(--link); text-decoration:none; }
b { font-weight:700; }
.message { display:flex; gap:8px; padding:8px 20px; }
.message.ephemeral { background:var(--hover); }
.avatar { flex:none; width:36px; height:36px; border-radius:8px; background:#7b5ea7; color:#fff; font-weight:700; display:grid; place-items:center; }
.avatar.docent { background:#0f766e; }
.content { flex:1; min-width:0; overflow-wrap:anywhere; }
.only-you { color:var(--soft); font-size:12px; }
.who { display:flex; align-items:center; gap:6px; line-height:1.3; }
.app { background:var(--line); color:var(--soft); font-size:10px; font-weight:700; border-radius:2px; padding:0 3px; line-height:14px; }
.time { color:var(--soft); font-size:12px; }
.block { margin:4px 0 8px; }
hr.block { border:0; border-top:1px solid var(--line); margin:12px 0; }
.rich, .mrkdwn { white-space:pre-wrap; }
.section { display:flex; gap:12px; }
.grow { flex:1; min-width:0; }
.accessory { flex:none; }
.fields { display:grid; grid-template-columns:1fr 1fr; gap:8px; }
.header { font-size:18px; font-weight:700; }
.context { color:var(--soft); font-size:13px; line-height:1.5; }
.actions { display:flex; flex-wrap:wrap; gap:8px; }
.button { font:inherit; font-size:13px; font-weight:700; color:var(--text); background:var(--card); border:1px solid var(--edge); border-radius:8px; padding:0 12px; height:30px; max-width:320px; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; }
.button.primary { background:#007a5a; border-color:#007a5a; color:#fff; }
.button.danger { color:#e01e5a; border-color:#e01e5a; }
.button.select { font-weight:400; padding-right:6px; }
.button.empty { color:var(--soft); }
.caret { margin-left:14px; color:var(--soft); position:relative; top:-3px; }
.context-actions { display:flex; gap:4px; margin-top:2px; }
.thumb { color:var(--soft); font-size:12px; border-radius:6px; padding:2px 6px; display:flex; align-items:center; gap:4px; }
svg { width:15px; height:15px; fill:none; stroke:currentColor; stroke-width:1.5; stroke-linejoin:round; vertical-align:-2px; }
ul, ol { margin:0; padding-left:28px; }
ul.border, ol.border { border-left:4px solid var(--line); padding-left:36px; margin:4px 0; }
li { padding-left:2px; }
blockquote { margin:4px 0; padding:0 0 0 12px; border-left:4px solid var(--line); white-space:pre-wrap; }
.md p { margin:0 0 8px; } .md > :last-child { margin-bottom:0; } .md ul, .md ol, .md pre, .md blockquote, .md .table-scroll { margin-bottom:8px; } .md blockquote p { margin:0; }
pre, code { font:12px/1.5 Monaco,Menlo,Consolas,"DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace; background:var(--code); border:1px solid var(--line); border-radius:4px; }
pre { margin:4px 0; padding:8px; white-space:pre-wrap; overflow-wrap:anywhere; }
code { padding:1px 3px; color:var(--codetext); }
.table-scroll { overflow-x:auto; }
table { border-collapse:separate; border-spacing:0; border:1px solid var(--line); border-radius:8px; font-size:14px; }
td { padding:6px 12px; border-bottom:1px solid var(--line); border-right:1px solid var(--line); vertical-align:top; overflow-wrap:break-word; }
tr:last-child td { border-bottom:0; } td:last-child { border-right:0; }
.mention { background:rgba(29,155,209,.12); color:var(--link); border-radius:3px; padding:0 2px; }
.unknown { color:#e01e5a; }
.modal { margin:16px; border:1px solid var(--line); border-radius:12px; box-shadow:0 8px 30px rgba(0,0,0,.16); overflow:hidden; background:var(--card); }
.modal header { display:flex; align-items:center; gap:10px; padding:16px 24px; border-bottom:1px solid var(--line); }
.modal h1 { font-size:20px; margin:0; flex:1; } .modal .avatar { width:28px; height:28px; font-size:14px; } .x { color:var(--soft); }
.modal-body { padding:12px 24px; overflow-wrap:anywhere; }
.modal footer { display:flex; justify-content:flex-end; gap:12px; padding:14px 24px; border-top:1px solid var(--line); }
.modal footer .button { height:36px; font-size:15px; }
.home { padding:16px 28px; overflow-wrap:anywhere; }
.input label { display:block; font-weight:700; margin:8px 0 6px; } .input label i { font-weight:400; font-style:normal; color:var(--soft); }
.input small, .choice small { display:block; color:var(--soft); font-size:13px; }
.field { border:1px solid var(--edge); border-radius:4px; padding:8px 12px; min-height:38px; margin-bottom:4px; white-space:pre-wrap; } .field.tall { min-height:72px; } .field.empty { color:var(--soft); }
.input .button.select { width:100%; max-width:none; height:38px; text-align:left; font-size:15px; display:flex; justify-content:space-between; align-items:center; border-radius:4px; padding:0 12px; }
.choice { display:flex; gap:8px; padding:3px 0; } .choice i { flex:none; width:18px; height:18px; margin-top:2px; border:1px solid var(--edge); border-radius:50%; } .checkboxes .choice i { border-radius:4px; }
.choice.on i { border:5px solid #1264a3; } .checkboxes .choice.on i { background:#1264a3; }
`;
