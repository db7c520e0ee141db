"""The page of a server, to try its runs by hand. It loads nothing, and runs only the script below."""

from __future__ import annotations

import base64
import hashlib

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 50rem; margin: 0 auto; padding: 1rem; }
textarea { width: 100%; box-sizing: border-box; font: 14px/1.4 ui-monospace, monospace; }
pre { overflow: auto; border: 1px solid; padding: .5rem; min-height: 3rem; }
label, button { display: block; margin: .5rem 0; }
"""

_SCRIPT = """
const run = document.getElementById("run"), body = document.getElementById("body");
const answer = document.getElementById("answer");
let schema = {paths: {}};
const example = items => items.type === "string" ? "a text"
  : Object.fromEntries(Object.entries(items.properties || {}).map(([name, kind]) =>
      [name, kind.type.includes("number") && kind.type[0] === "number" ? 0 : "..."]));
function show() {
  const described = schema.paths[`/runs/${run.value}/predict`];
  if (!described) return;
  const own = described.post.requestBody.content["application/json"].schema;
  const [key] = Object.keys(own.properties);
  body.value = JSON.stringify({[key]: [example(own.properties[key].items)]}, null, 2);
}
async function predict() {
  answer.textContent = "...";
  try {
    const told = await fetch(`/runs/${encodeURIComponent(run.value)}/predict`,
      {method: "POST", headers: {"Content-Type": "application/json"}, body: body.value});
    answer.textContent = `${told.status}\\n${JSON.stringify(await told.json(), null, 2)}`;
  } catch (error) { answer.textContent = String(error); }
}
async function start() {
  schema = await (await fetch("/schema")).json();
  for (const {name} of (await (await fetch("/runs")).json()).runs) run.add(new Option(name, name));
  show();
}
run.addEventListener("change", show);
document.getElementById("predict").addEventListener("click", predict);
start();
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


STYLE_HASH, SCRIPT_HASH = _hash(_STYLE), _hash(_SCRIPT)
"""What a Content-Security-Policy allows of the page."""

HTML = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>dlpy serve</title>
<style>{_STYLE}</style></head>
<body>
<h1>dlpy serve</h1>
<label>Run <select id="run"></select></label>
<label for="body">Request</label>
<textarea id="body" rows="14" spellcheck="false"></textarea>
<button id="predict" type="button">Predict</button>
<h2 id="told">Answer</h2>
<pre id="answer" aria-live="polite" aria-labelledby="told" tabindex="0"></pre>
<p>Also: <a href="/schema">/schema</a>, <a href="/runs">/runs</a>, <a href="/healthz">/healthz</a>,
<a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a></p>
<script>{_SCRIPT}</script>
</body>
</html>
"""
