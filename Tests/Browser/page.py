"""The page at / in a real browser: every way to add a photograph, predictions, heat map, keyboard, dark, telephone.

Any error on the console, anything that the content security policy stopped and any request to another host fails it.
"""

import argparse
import base64
import contextlib
import io
import pathlib
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from PIL import Image
from playwright.sync_api import expect, sync_playwright

import picture

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Clients"))
from service import MODEL, NAME, Service  # noqa: E402

DESKTOP = {"viewport": {"width": 1280, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


class Browser:
    """Pages of one server, watched for errors."""

    def __init__(self, chromium, service, screenshots):
        self.chromium, self.service, self.screenshots = chromium, service, screenshots

    @contextlib.contextmanager
    def page(self, path="/", **settings):
        context = self.chromium.new_context(base_url=self.service.url, **{**DESKTOP, **settings})
        page = context.new_page()
        faults = []
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: None if self.is_own(request.url) else faults.append(request.url))
        page.goto(path)
        expect(page.locator("#state")).to_have_text("ready")
        yield page
        assert not faults, faults
        context.close()

    def is_own(self, url):
        return url.startswith((self.service.url + "/", "blob:", "data:"))

    def keep(self, page, name):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)


def expect_balloon(page):
    first = page.locator("#predictions button").first
    expect(first.locator(".label")).to_have_text("balloon")
    expect(page.locator("#predictions button")).to_have_count(5)
    return first


def fits(page):
    """Nothing is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def check_upload(browser, photo):
    with browser.page() as page:
        assert page.locator("#message").text_content().startswith("Nothing yet")
        assert page.locator("#model").input_value() == NAME
        page.set_input_files("#file", photo)
        balloon = expect_balloon(page)
        shares = [float(text.split()[0]) for text in page.locator("#predictions .share").all_text_contents()]
        assert shares == sorted(shares, reverse=True) and 20 < shares[0] <= 100, shares
        widths = page.eval_on_selector_all("#predictions .fill", "all => all.map((fill) => fill.style.width)")
        assert abs(float(widths[0].rstrip("%")) - shares[0]) < 0.1, widths
        assert page.locator("#photo").evaluate("photo => photo.naturalWidth") == picture.WIDTH
        assert "960 × 720 JPEG" in page.locator("#request").text_content()
        phases = page.locator("#phases li").all_text_contents()
        assert [phase.rsplit(" ", 2)[0] for phase in phases] == [
            "network and browser", "receive", "queue", "decode", "inference", "answer",
        ], phases
        assert page.locator("#timeline span").count() == len(phases)
        assert page.locator("#timeline").get_attribute("aria-label").count(" ms") == len(phases)

        balloon.click()
        check_heat(page)
        browser.keep(page, "light")
        balloon.click()
        expect(page.locator("#heat")).to_be_hidden()
        expect(balloon).to_have_attribute("aria-pressed", "false")

        page.set_input_files("#file", {"name": "words.txt", "mimeType": "text/plain", "buffer": b"no picture"})
        expect(page.locator("#message")).to_contain_text("no image")


def check_heat(page):
    """The map covers what the network saw, is hottest on the balloon and clear in the corners."""
    canvas = page.locator("#heat")
    expect(canvas).to_be_visible()
    places = page.evaluate(
        """() => {
            const [heat, photo] = ["heat", "photo"].map((id) => document.getElementById(id).getBoundingClientRect());
            const share = (x, y) => [(x - photo.x) / photo.width, (y - photo.y) / photo.height];
            const canvas = document.getElementById("heat");
            const context = canvas.getContext("2d");
            const alpha = (x, y) => context.getImageData(x * (canvas.width - 1), y * (canvas.height - 1), 1, 1).data[3];
            let best = [0, 0, -1];
            for (let y = 0.05; y < 1; y += 0.05) {
                for (let x = 0.05; x < 1; x += 0.05) if (alpha(x, y) > best[2]) best = [x, y, alpha(x, y)];
            }
            const hottest = share(heat.x + best[0] * heat.width, heat.y + best[1] * heat.height);
            return { start: share(heat.x, heat.y), end: share(heat.right, heat.bottom), hottest,
                     corners: [alpha(0, 1), alpha(1, 1)] };
        }"""
    )
    # 224 of 256 pixels of the shorter side, in the middle.
    expected = [(1 - 0.75 * 0.875) / 2, (1 - 0.875) / 2]
    for side, place in ((0, places["start"]), (1, places["end"])):
        for axis in range(2):
            assert abs(place[axis] - abs(side - expected[axis])) < 0.01, places
    x, y = places["hottest"]
    assert 0.25 < x < 0.65 and 0.1 < y < 0.75, places
    assert max(places["corners"]) < 80, places


def check_drop_and_paste(browser, photo):
    """Files that are dropped or pasted, and a format that only the browser reads."""
    data = base64.b64encode(photo.read_bytes()).decode()
    webp = io.BytesIO()
    picture.draw().save(webp, "WEBP")
    event = """([type, data, mime, name]) => {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, { type: mime }));
        const event = type === "drop"
            ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
        document.getElementById("drop").dispatchEvent(event);
    }"""
    with browser.page() as page:
        page.evaluate(event, ["drop", data, "image/jpeg", "it's.jpg"])
        expect_balloon(page)
        assert """'@it'\\''s.jpg'""" in page.locator("#curl").text_content()
    with browser.page() as page:
        page.evaluate(event, ["paste", base64.b64encode(webp.getvalue()).decode(), "image/webp", "a.webp"])
        expect_balloon(page)
        assert "960 × 720 PNG" in page.locator("#request").text_content()


def check_camera(browser):
    """Chromium's pretended camera shows a pattern."""
    with browser.page(permissions=["camera"]) as page:
        page.get_by_role("button", name="Take a photo").click()
        expect(page.locator("#video")).to_have_js_property("readyState", 4)
        page.get_by_role("button", name="Take the photo").click()
        expect(page.locator("#predictions button")).to_have_count(5)
        assert page.evaluate("document.getElementById('video').srcObject === null")


def check_keyboard(browser, photo):
    """From the top of the page to a heat map and the command without a pointer."""
    with browser.page(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.set_input_files("#file", photo)
        expect_balloon(page)
        seen = []
        for _ in range(20):
            page.keyboard.press("Tab")
            focus = page.evaluate("document.activeElement.id || document.activeElement.textContent")
            seen.append(focus)
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {focus} cannot be seen"
            if page.evaluate("document.activeElement.dataset.classId") == "417" and "heat" not in seen:
                page.keyboard.press("Enter")
                check_heat(page)
                expect(page.locator("#announcer")).to_contain_text("where it sees balloon")
                seen.append("heat")
            if focus == "copy":
                page.keyboard.press("Space")
                expect(page.locator("#copy")).to_have_text("Copied")
                break
        assert seen[0] == "Skip to the results" and "heat" in seen and seen[-1] == "copy", seen
        for control in ("model", "pick", "camera", "paste"):
            assert control in seen, seen
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("curl --data-binary '@balloon.jpg' 'http://") and f"model={NAME}" in copied, copied


def check_names(browser, photo):
    """Everything that can be used has a name for screen readers, headings are in order, and the language is told."""
    with browser.page() as page:
        page.set_input_files("#file", photo)
        expect_balloon(page).click()
        expect(page.locator("#heat")).to_be_visible()
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, select, input:not([aria-hidden]), [role=img], dialog, img")]
                .filter((each) => each.checkVisibility() || each.tagName === "DIALOG")
                .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim() || each.alt
                    || each.labels?.length)).map((each) => each.outerHTML)"""
        )
        assert not nameless, nameless
        levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map((each) => Number(each.tagName[1]))")
        assert levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])), levels
        # What changes by itself all the time must not be read out each time.
        assert page.locator(".live").locator("output, [role=status], [role=alert], [aria-live]").count() == 0
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.evaluate("document.getElementById('heat-controls').querySelector('label').htmlFor") == "opacity"


def check_statistics(browser):
    with browser.page() as page:
        expect(page.locator("#load")).to_contain_text("requests in the last minute")
        assert float(page.locator("#rate").text_content()) > 0
        assert page.locator("#latency").text_content().count("·") == 2
        assert page.locator("#batch-chart div").count() >= 8
        expect(page.locator("#latency-chart path")).to_have_count(3)


def luminance(page, selector):
    """Of a background, 0 to 255."""
    text = page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).backgroundColor")
    return sum(float(part) for part in text[text.index("(") + 1 : -1].split(",")[:3]) / 3


def check_looks(browser, photo):
    with browser.page() as page:
        assert luminance(page, "body") > 200 and fits(page)
    with browser.page(color_scheme="dark") as page:
        assert luminance(page, "body") < 60 and luminance(page, ".card") < 60
        page.set_input_files("#file", photo)
        expect_balloon(page).click()
        expect(page.locator("#heat")).to_be_visible()
        browser.keep(page, "dark")
    with browser.page(**PHONE) as page:
        browser.keep(page, "phone-empty")
        page.set_input_files("#file", photo)
        expect_balloon(page).click()
        check_heat(page)
        assert fits(page), "the page is wider than the telephone"
        cards = page.eval_on_selector_all(
            ".card", "all => all.map((card) => [card.getBoundingClientRect().x, card.getBoundingClientRect().y])"
        )
        assert len({x for x, _ in cards}) == 1 and cards == sorted(cards, key=lambda card: card[1]), cards
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select")].filter((each) => each.checkVisibility())
                .filter((each) => each.getBoundingClientRect().height < 36).map((each) => each.id)"""
        )
        assert not small, f"too small for a finger: {small}"
        browser.keep(page, "phone")


def check_key(chromium, screenshots, photo):
    """Where the service wants a key, the page asks for it."""
    with tempfile.NamedTemporaryFile("w", suffix=".keys") as file:
        file.write("open-sesame\n")
        file.flush()
        with Service("--api-key-file", file.name) as service:
            context = chromium.new_context(base_url=service.url, **DESKTOP)
            page = context.new_page()
            page.goto("/")
            expect(page.get_by_label("API key")).to_be_visible()
            page.get_by_label("API key").fill("open-sesame")
            page.keyboard.press("Tab")
            expect(page.locator("#state")).to_have_text("ready")
            page.set_input_files("#file", photo)
            expect_balloon(page)
            assert "open-sesame" not in page.locator("#curl").text_content()
            context.close()


def make_picture(browser, photo, path):
    """The page while the server has something to do, for the README."""
    def client(index):
        end = time.monotonic() + 90
        while time.monotonic() < end:
            # A busy machine may refuse some; this is no test.
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{browser.service.url}/v1/classify", photo.read_bytes()).read()
            time.sleep(0.05 * (index + 1) + 0.1 * (int(time.monotonic()) // 9 % 2))

    with ThreadPoolExecutor() as pool, browser.page(viewport={"width": 1280, "height": 900}) as page:
        clients = [pool.submit(client, index) for index in range(4)]
        page.wait_for_timeout(80_000)
        page.set_input_files("#file", photo)
        expect_balloon(page).click()
        check_heat(page)
        page.wait_for_timeout(1000)
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        for each in clients:
            each.result()
    path.parent.mkdir(parents=True, exist_ok=True)
    shot.convert("RGB").save(path, optimize=True)


def check_models(chromium, photo):
    """Another model is asked as soon as it is chosen, for predictions, heat maps and the command."""
    models = [f"--model={name}={MODEL}" for name in ("first", "second")]
    with Service(*models) as service:
        context = chromium.new_context(base_url=service.url, **DESKTOP)
        page = context.new_page()
        page.goto("/")
        expect(page.locator("#model option")).to_have_count(2)
        with page.expect_request("**/v1/classify?*model=first"):
            page.set_input_files("#file", photo)
        expect_balloon(page)
        with page.expect_request("**/v1/classify?*model=second"):
            page.get_by_label("Model").select_option("second")
        expect(page.locator("#curl")).to_contain_text("model=second")
        with page.expect_request("**/v1/explain?*model=second"):
            expect_balloon(page).click()
        expect(page.locator("#heat")).to_be_visible()
        context.close()


def check_refused(chromium, photo):
    """--no-page leaves the words."""
    with Service("--no-page") as service:
        page = chromium.new_page()
        page.goto(service.url)
        assert "curl --data-binary" in page.locator("body").text_content()
        page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screenshots", type=pathlib.Path, help="folder for pictures of the page")
    parser.add_argument("--picture", type=pathlib.Path, help="make the README's picture instead of testing")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        screenshots = arguments.screenshots or folder
        screenshots.mkdir(parents=True, exist_ok=True)
        photo = folder / "balloon.jpg"
        picture.draw().save(photo, quality=90)
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            ],
        )
        stack.callback(chromium.close)
        expect.set_options(timeout=30_000)
        service = stack.enter_context(Service())
        browser = Browser(chromium, service, screenshots)
        if arguments.picture:
            return make_picture(browser, photo, arguments.picture)
        checks = [
            lambda: check_upload(browser, photo), lambda: check_drop_and_paste(browser, photo),
            lambda: check_camera(browser), lambda: check_keyboard(browser, photo),
            lambda: check_names(browser, photo), lambda: check_statistics(browser),
            lambda: check_looks(browser, photo), lambda: check_key(chromium, screenshots, photo),
            lambda: check_models(chromium, photo), lambda: check_refused(chromium, photo),
        ]
        for check in checks:
            check()
    print(f"page: {len(checks)} passed, 0 failed")


if __name__ == "__main__":
    main()
