"""Reports in a real browser without a head: nothing is loaded, nothing of a name is executed, all can be used.

Skipped where there is no Chromium or no playwright (`pip install '.[browser]'`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from dlpy.report.report import write_report
from dlpy.runs.directory import Run
from tests.reports import add_plot, toy

pytestmark = pytest.mark.slow

HOSTILE = (
    "<script>document.title='owned'</script>",
    "\"'><img src=x onerror=\"document.title='owned'\">",
    "👩‍👧 " + "n" * 240,
)
CONTRAST = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const v = c / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(e.tagName)) continue;
    const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(ground(e))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 100)]);
  }
  return found;
}"""


@contextmanager
def opened(browser: Any, path: Path, **options: Any) -> Iterator[Any]:
    """Open a page that may load nothing and say nothing."""
    context = browser.new_context(**({"viewport": {"width": 1000, "height": 800}} | options))
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.uplot').length === document.querySelectorAll('.chart').length")
    page.said = said
    try:
        yield page
    finally:
        context.close()
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of a plain run, one with hostile names, and two runs side by side."""
    from tests.plots.conftest import RunMaker

    make = RunMaker(tmp_path_factory.mktemp("runs"))
    data = {"source": "stand-in", "description": HOSTILE[0]}
    plain, other = toy(make), toy(make, "20260101-120001-other", data={"sha256": "another"})
    hostile = toy(make, "20260101-120002-hostile", classes=HOSTILE, data=data)
    for run in (plain, hostile):
        add_plot(run)
        (run.path / "samples").mkdir()
        (run.path / "samples" / "wrongest-validation.csv").write_text(f'text,true\n"{HOSTILE[0]} {"long " * 200}",a\n')
    given: dict[str, list[Run]] = {"plain": [plain], "hostile": [hostile], "several": [plain, other]}
    for name, runs in given.items():
        write_report(runs, make.folder / f"{name}.html")
    return {name: make.folder / f"{name}.html" for name in given}


@pytest.mark.parametrize("name", ["plain", "hostile", "several"])
def test_a_page_draws_all_charts_in_silence(browser, pages, name: str) -> None:
    with opened(browser, pages[name]) as page:
        assert page.said == []
        assert page.locator(".uplot canvas").count() == 2
        assert page.title() != "owned"
        assert page.locator("img[onerror]").count() == 0


def test_names_are_shown_as_they_are(browser, pages) -> None:
    with opened(browser, pages["hostile"]) as page:
        assert page.get_by_role("rowheader", name=HOSTILE[0], exact=True).count() == 1
        assert page.evaluate("document.querySelectorAll('script').length") == 2


def test_the_policy_stops_scripts_and_requests(browser, pages) -> None:
    with opened(browser, pages["plain"]) as page:
        page.evaluate("""() => {
          const own = document.createElement("script"); own.textContent = "document.title = 'owned'";
          document.body.append(own);
          const image = document.createElement("img"); image.setAttribute("onerror", "document.title = 'owned'");
          image.src = "data:image/png;base64,x"; document.body.append(image);
        }""")
        refused = page.evaluate("fetch('https://example.com/').then(() => 'loaded', () => 'refused')")
        page.wait_for_timeout(100)
        assert refused == "refused"
        assert page.title() != "owned"
        assert any("Content Security Policy" in line for line in page.said)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plain", "hostile", "several"])
def test_every_text_has_enough_contrast(browser, pages, name: str, scheme: str) -> None:
    with opened(browser, pages[name], color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = page.evaluate(CONTRAST)
        assert len(found) > 50
        assert [one for one in found if one[0] < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plain", "several"])
def test_axe_finds_nothing(browser, pages, name: str, scheme: str) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install '.[browser]'")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with opened(browser, pages[name], color_scheme=scheme) as page:
        result = page.evaluate(f"{axe}; axe.run()")
        assert len(result["passes"]) > 20
        assert [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]] == []


def test_dark_and_light_have_other_grounds_and_curves_follow_a_change(browser, pages) -> None:
    with opened(browser, pages["plain"], color_scheme="light") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        light, drawn = page.evaluate(ground), pixels(page)
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(100)
        assert (light, page.evaluate(ground)) == ("rgb(255, 255, 255)", "rgb(22, 24, 27)")
        assert pixels(page) != drawn


def pixels(page: Any) -> str:
    return page.evaluate("document.querySelector('.uplot canvas').toDataURL()")


def test_print_is_dark_on_white_without_buttons(browser, pages) -> None:
    with opened(browser, pages["plain"], color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator("nav").is_visible()
        assert not page.locator(".controls").first.is_visible()
        assert len(page.pdf()) > 10_000


@pytest.mark.parametrize("name", ["plain", "hostile", "several"])
def test_a_narrow_page_does_not_scroll_sideways(browser, pages, name: str) -> None:
    with opened(browser, pages[name], viewport={"width": 320, "height": 600}) as page:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_keyboard_alone_skips_switches_reads_and_zooms(browser, pages) -> None:
    with opened(browser, pages["plain"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "results"
        button = tab_to(page, "document.activeElement.dataset.curve === '0'")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert button.startswith("training")
        drawn = pixels(page)
        page.keyboard.press("Space")
        assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "false"
        page.wait_for_timeout(50)
        assert pixels(page) != drawn
        tab_to(page, "document.activeElement.type === 'range'")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        said = page.evaluate("document.activeElement.getAttribute('aria-valuetext')")
        assert said == "epoch 2, validation 0.9000"  # the training curve is off
        drawn = pixels(page)
        tab_to(page, "document.activeElement.dataset.zoom === 'in'")
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
        assert pixels(page) != drawn


def tab_to(page: Any, condition: str) -> str:
    """Press Tab until the focused element fulfils a condition; return its text."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(condition):
            return page.evaluate("document.activeElement.textContent")
    raise AssertionError(f"no element in the order of tabs fulfils {condition}")


def test_the_mouse_shows_values_and_zooms(browser, pages) -> None:
    with opened(browser, pages["plain"]) as page:
        over = page.locator(".u-over").first
        over.scroll_into_view_if_needed()
        box = over.bounding_box()
        page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
        assert page.locator(".tip").first.inner_text().splitlines() == [
            "epoch 1",
            "training 1.0000",
            "validation 1.1000",
        ]
        drawn = pixels(page)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
        page.mouse.up()
        page.wait_for_timeout(50)
        assert pixels(page) != drawn
