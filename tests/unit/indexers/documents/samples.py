"""Small documents of each format, as their programs write them."""

from __future__ import annotations

HTML = b"""<!DOCTYPE html>
<html><head><title>Queue &mdash; docs</title><style>p { color: red }</style></head>
<body><nav>Skip <a href="/">me</a></nav>
<main>
<h1 id="queue">The <code>Queue</code> class<a class="headerlink" href="#queue">x</a></h1>
<p>A queue of <b>jobs</b>, first
in &amp; first out.</p>
<div class="highlight-python3"><div class="highlight"><pre><span class="kn">from</span> <span class="nn">shop</span> <span class="kn">import</span> <span class="n">Queue</span>

<span class="k">if</span> <span class="n">ready</span><span class="p">:</span>
    <span class="n">Queue</span><span class="p">()</span><span class="o">.</span><span class="n">put</span><span class="p">(</span><span class="mi">1</span><span class="p">)</span>
</pre></div></div>
<h2>Limits</h2><ul><li>A queue holds ten jobs at most.<li>One <tt>worker</tt>.</ul>
<dl><dt id="Queue.put">Queue.put(job)</dt><dd>Adds a job.</dd></dl>
</main>
<footer>no</footer><script>var x = "<h2>not a heading</h2>";</script>
</body></html>
"""


def pdf(*pages: str) -> bytes:
    """Return a PDF with one line of text a page, and a bookmark `Start` on the first."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Outlines 4 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{6 + 2 * n} 0 R' for n in range(len(pages)))}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Outlines /Count 1 /First 5 0 R /Last 5 0 R >>",
        "<< /Title (Start) /Parent 4 0 R /Dest [6 0 R /Fit] >>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
            f" /Contents {7 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body = "%PDF-1.4\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + end + trailer).encode("latin-1")


NOTEBOOK = b"""{"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}}, "cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["# Loading\\n", "How the shop is loaded."]},
 {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [{"output_type": "stream", "text": "secret"}],
  "source": ["from shop import Queue\\n", "Queue()"]},
 {"cell_type": "code", "metadata": {}, "outputs": [], "source": "%%bash\\nls"},
 {"cell_type": "raw", "metadata": {}, "source": "raw"}]}
"""

MEDIAWIKI = b"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11">
  <siteinfo><sitename>W</sitename></siteinfo>
  <page><title>Deploying</title><ns>0</ns><revision><text xml:space="preserve">Use '''two''' [[Host|hosts]].&lt;ref&gt;no&lt;/ref&gt; {{note|x}}

== Rolling back ==
Call &lt;code&gt;shop.rollback&lt;/code&gt; first, see [http://x the list].

&lt;syntaxhighlight lang="python"&gt;
from shop import rollback
rollback()
&lt;/syntaxhighlight&gt;
[[Category:Ops]]</text></revision></page>
  <page><title>Second</title><revision><text>&amp;amp; more</text></revision></page>
</mediawiki>
"""

DEVDOCS = b"""{"index": "<h1>Shop</h1><p>A shop.</p>", "queue/put":
 "<h1>Queue.put</h1>\\n<p>Adds a <code>Job</code>.</p><h3>Errors</h3><pre data-language=\\"py\\">Queue().put(1)</pre>"}
"""

OPENAPI = """openapi: 3.1.0
info:
  title: Shop
  description: |
    Sells things.

    In two paragraphs.
paths:
  /orders/{id}:
    parameters: []
    get:
      operationId: get_order
      summary: One order
      description: Returns it.
    delete: {}
components:
  schemas:
    Order:
      description: What was bought.
      type: object
"""

ASYNCAPI = """{"asyncapi": "2.6.0", "info": {"title": "Events"},
 "channels": {"orders/placed": {"description": "New orders.",
   "subscribe": {"description": "Told of each."}}},
 "components": {"messages": {"Placed": {}}}}
"""
