"""`/docs`: the API description as one page without any outside script, style or font, so that it opens offline too."""

from html import escape
from typing import Any

Json = dict[str, Any]

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--get:#0a7d4f}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem 1rem 6rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;text-transform:capitalize}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0}
summary{cursor:pointer;padding:.6rem .8rem;display:flex;gap:.8rem;align-items:baseline;flex-wrap:wrap}
summary b{color:var(--get);font:600 .85rem ui-monospace,monospace}summary code{font-weight:600}
.body{padding:0 1rem 1rem}table{border-collapse:collapse;width:100%}
th,td{text-align:start;padding:.35rem .5rem;border-top:1px solid var(--line);vertical-align:top}
input,button{font:inherit;padding:.2rem .4rem}input{width:100%;box-sizing:border-box}
pre{background:var(--soft);padding:.7rem;overflow:auto;border-radius:.4rem;font-size:.85rem;max-height:30rem}
"""
_SCRIPT = """
for (const form of document.forms) form.addEventListener('submit', async (event) => {
  event.preventDefault();
  let path = form.dataset.path; const query = new URLSearchParams();
  for (const field of form.elements) if (field.name && field.value !== '') {
    if (field.dataset.in === 'path') path = path.replace('{' + field.name + '}', encodeURIComponent(field.value));
    else query.set(field.name, field.value);
  }
  const out = form.querySelector('pre'); out.hidden = false; out.textContent = '…';
  const answer = await fetch(path + (query.size ? '?' + query : ''), {method: form.dataset.method});
  const text = await answer.text(); let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch {}
  out.textContent = answer.status + ' · ' + (answer.headers.get('server-timing') || '') + '\\n' + shown;
});
"""


def reference_page(spec: Json) -> str:
    """The whole page for an OpenAPI 3.1 description."""
    info = spec["info"]
    sections = "".join(_section(spec, tag) for tag in _tags(spec))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['version'])} · <a href=openapi.json>openapi.json</a></p>"
        f"<p>{escape(info.get('description', ''))}</p>{sections}<script>{_SCRIPT}</script></html>"
    )


def _tags(spec: Json) -> list[str]:
    return list(dict.fromkeys(tag for item in spec["paths"].values() for one in item.values() for tag in one["tags"]))


def _section(spec: Json, tag: str) -> str:
    operations = "".join(
        _operation(spec, path, method, one)
        for path, item in spec["paths"].items()
        for method, one in item.items()
        if tag in one["tags"]
    )
    return f"<h2>{escape(tag)}</h2>{operations}"


def _operation(spec: Json, path: str, method: str, one: Json) -> str:
    rows = "".join(_parameter(each) for each in one.get("parameters", []))
    table = f"<table><tr><th>Parameter<th>Value<th>Meaning{rows}</table>" if rows else ""
    fields = "".join(_answer_fields(spec, one))
    return (
        f"<details><summary><b>{method.upper()}</b><code>{escape(path)}</code> {escape(one['summary'])}</summary>"
        f"<div class=body><p>{escape(one.get('description', ''))}</p>"
        f"<form data-path='{escape(path)}' data-method='{method.upper()}'>{table}<p><button>Try it</button></p>"
        f"<pre hidden></pre></form><p>Answer (200):</p><pre>{fields}</pre></div></details>"
    )


def _parameter(each: Json) -> str:
    name, schema = escape(each["name"]), each.get("schema", {})
    star = " *" if each.get("required") else ""
    meaning = escape(each.get("description") or schema.get("description", "")) + _bounds(schema)
    field = f"<input name='{name}' data-in='{escape(each['in'])}' aria-label='{name}'>"
    return f"<tr><td><code>{name}</code>{star}<td>{field}<td>{meaning}"


def _bounds(schema: Json) -> str:
    options = [schema, *schema.get("anyOf", [])]
    words = {key: value for option in options for key, value in option.items() if key in ("minimum", "maximum", "enum")}
    return "".join(f"<br><small>{escape(key)}: {escape(str(value))}</small>" for key, value in words.items())


def _answer_fields(spec: Json, one: Json) -> list[str]:
    content = one["responses"].get("200", {}).get("content", {}).get("application/json", {})
    return [escape(line) + "\n" for line in _outline(spec, content.get("schema", {}), 0, ())]


def _outline(spec: Json, schema: Json, depth: int, above: tuple[str, ...]) -> list[str]:
    """The fields of an answer, indented; a type inside itself is named once."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name in above:
            return []
        return _outline(spec, spec["components"]["schemas"][name], depth, (*above, name))
    if schema.get("type") == "array":
        return _outline(spec, schema["items"], depth, above)
    lines = []
    for name, inner in schema.get("properties", {}).items():
        lines.append(f"{'  ' * depth}{name}: {_kind(inner)}")
        lines += _outline(spec, inner, depth + 1, above)
    return lines


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "any"))
