"""A plain page in the desk's look, for what is shown before or beside the dashboard."""

import html

STYLE = """
:root { color-scheme: light dark; --page:#FFFFFF; --card:#F6F4EE; --text:#191713; --line:#DDD7CB; --lead:#1F5C4D; }
@media (prefers-color-scheme: dark) { :root {
  --page:#171613; --card:#23211D; --text:#EDE9E1; --line:#3D3932; --lead:#8AD6BD; } }
body { margin:0; background:var(--page); color:var(--text);
  font:15px/1.5 "Source Sans 3","Segoe UI",system-ui,sans-serif; }
main { max-width:26rem; margin:12vh auto 0; padding:0 1rem; }
h1 { font-size:1.25rem; margin:1.5rem 0 .5rem; }
form { display:grid; gap:.5rem; margin-top:1rem; }
button { display:flex; justify-content:space-between; gap:1rem; padding:.7rem .9rem; font:inherit; color:inherit;
  background:var(--card); border:1px solid var(--line); border-radius:6px; cursor:pointer; text-align:left; }
button:hover, button:focus-visible { border-color:var(--lead); outline:1px solid var(--lead); }
button.quiet { background:none; border-color:transparent; color:var(--lead); }
.mark { color:var(--lead); font-weight:650; font-size:1.1rem; }
"""


def page_of(title: str, body: str) -> str:
    """A whole HTML page; `body` is trusted HTML, `title` is escaped."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)} - Loam</title><style>{STYLE}</style></head>"
        f'<body><main><div class="mark">Loam</div><h1>{html.escape(title)}</h1>{body}</main></body></html>'
    )
