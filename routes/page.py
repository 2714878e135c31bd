"""A plain page in the desk's look, for what is shown before or beside the dashboard."""

import functools
import html
from importlib.util import find_spec
from pathlib import Path

from settings import ROOT

IMAGES = ROOT / "components" / "images"

STYLE = """
:root { color-scheme: light dark; --page:#FFFFFF; --card:#F6F4EE; --text:#191713; --quiet:#655F55; --line:#DDD7CB;
  --lead:#1F5C4D; --fill:#1F5C4D; --bad:#8F1F0D; --badground:#FBE9E4; }
@media (prefers-color-scheme: dark) { :root { --page:#171613; --card:#23211D; --text:#EDE9E1; --quiet:#ACA497;
  --line:#3D3932; --lead:#8AD6BD; --fill:#2E846F; --bad:#FFB3A1; --badground:#43201A; } }
body { margin:0; background:var(--page); color:var(--text);
  font:15px/1.5 "Source Sans","Segoe UI",system-ui,sans-serif; }
main { max-width:26rem; margin:0 auto; padding:min(12vh,6rem) 1rem 2rem; overflow-wrap:anywhere; }
h1 { font-size:1.25rem; margin:1.5rem 0 .5rem; }
p { margin:.5rem 0; }
a { color:var(--lead); }
ul { display:flex; flex-wrap:wrap; gap:.25rem 1.25rem; list-style:none; margin:1rem 0; padding:0; }
form { display:grid; gap:.5rem; margin-top:1rem; }
button { padding:.6rem .9rem; font:inherit; color:inherit; text-align:left; cursor:pointer;
  background:var(--card); border:1px solid var(--line); border-radius:6px; }
label { margin-top:.5rem; font-weight:600; }
input:not([type=hidden]) { padding:.55rem .7rem; font:inherit; color:inherit; min-width:0;
  background:var(--page); border:1px solid var(--quiet); border-radius:6px; }
input[readonly] { background:var(--card); border-color:var(--line); }
button.first { margin-top:.75rem; text-align:center; font-weight:600; color:#FFFFFF; background:var(--fill);
  border-color:var(--fill); }
a.button { display:block; padding:.6rem .9rem; text-align:center; font-weight:600; text-decoration:none;
  border:1px solid var(--lead); border-radius:6px; }
button b, button span { display:block; }
button span, .quiet { color:var(--quiet); }
button:hover { border-color:var(--lead); }
:focus-visible { outline:2px solid var(--lead); outline-offset:2px; }
button.plain { background:none; border-color:transparent; color:var(--lead); }
p.wrong { padding:.5rem .75rem; color:var(--bad); background:var(--badground); border-radius:6px; }
h2 { font-size:1rem; margin:1.5rem 0 .25rem; }
ol { margin:.5rem 0; padding:0; list-style:none; }
ol li { display:flex; flex-wrap:wrap; gap:.25rem 1rem; align-items:center; justify-content:space-between;
  padding:.35rem 0; border-bottom:1px solid var(--line); }
ol li form { margin:0; }
ol li button { padding-left:0; padding-right:0; }
svg.logo { display:block; height:28px; }
"""


def page_of(title: str, body: str, *, demo: bool = False) -> str:
    """A whole HTML page; `body` is trusted HTML, `title` is escaped, `demo` puts the mark beside the name."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)} · Loam</title><link rel="icon" href="data:,">'
        f"<style>{_font()}{STYLE}</style></head>"
        f"<body><main>{_logo(demo=demo)}<h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )


@functools.cache
def _logo(*, demo: bool) -> str:
    image = (IMAGES / ("logo-demo.svg" if demo else "logo.svg")).read_text(encoding="utf-8")
    return image.replace("<svg ", '<svg class="logo" ', 1)


@functools.cache
def _font() -> str:
    """The dashboard's own font, which Streamlit serves; empty where it keeps it under another name one day."""
    found = find_spec("streamlit")
    folder = Path(found.origin).parent / "static" if found and found.origin else ROOT
    files = sorted(folder.glob("static/media/SourceSansVF-Upright*.woff2"))
    if not files:
        return ""
    return (
        '@font-face { font-family:"Source Sans"; font-weight:200 900; '
        f'src:url("/{files[0].relative_to(folder).as_posix()}") format("woff2"); }}'
    )
