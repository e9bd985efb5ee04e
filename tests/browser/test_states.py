"""The page beside prepared answers: every state, every way to look at it, every hand on it."""

import json
import re
import uuid

import pytest
from PIL import Image
from playwright.sync_api import expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}


def task(status="completed", kind="ceph", data=None, **more):
    ended = status in ("completed", "failed")
    attempts = [{"at": "2026-01-02T10:00:04.300Z", "status": 200, "latencyMs": 18, "error": None,
                 "answer": ""}]  # fmt: skip
    return {
        "taskId": str(uuid.uuid4()),
        "taskType": kind,
        "status": status,
        "createdAt": "2026-01-02T10:00:00.000Z",
        "startedAt": None if status == "pending" else "2026-01-02T10:00:01.200Z",
        "completedAt": "2026-01-02T10:00:04.000Z" if ended else None,
        "data": data,
        "error": None,
        "models": {f"{kind}-model": "2026.01.01+0badcafe"} if data else {},
        "provider": "CPUExecutionProvider" if data else None,
        "artefacts": [],
        "callback": {
            "state": "delivered" if ended else "waiting",
            "nextAttemptAt": None,
            "attempts": attempts if ended else [],
        },
        **more,
    }


# What a report of a kind has, whatever was found on the film.
ALWAYS_THERE = {"ceph": "table", "pano": "[role=gridcell]"}


@pytest.fixture
def shown(desk, bare, reports, films):
    """Opens the page on one finished film of a kind."""

    def open_(kind, language="en", with_film=True, **options):
        one = desk(bare, **options)
        done = task(kind=kind, data=reports[kind])
        one.answer([done])
        page = one.open(language=language)
        if with_film:
            one.keep(done["taskId"], f"{kind}.jpg", films[kind].read_bytes())
        page.goto(f"{bare.url}/#/film/{done['taskId']}")
        page.reload()
        page.wait_for_selector("body[data-ready]")
        page.wait_for_selector(f"#report .read {ALWAYS_THERE[kind]}", state="attached")
        if with_film:
            expect(page.locator("#stage img")).to_have_attribute("src", str_starting("blob:"))
        return one

    return open_


def str_starting(text):
    return re.compile(f"^{re.escape(text)}")


def value_of(page, measure, column=0):
    row = page.locator("#report tr", has=page.locator(f"button[data-key='{measure}']"))
    return row.locator("td").nth(column).inner_text().splitlines()[0]


def at(page, name):
    """Where a landmark lies on the screen."""
    return page.evaluate(
        """async (name) => {
            const { current } = await import("/js/film.js");
            const one = current().landmarks.find(({ abbreviation }) => abbreviation === name);
            const image = document.querySelector("#stage img").getBoundingClientRect();
            const { width } = current().image;
            const scale = image.width / width;
            return [image.left + (one.x + 0.5) * scale, image.top + (one.y + 0.5) * scale];
        }""",
        name,
    )


# --- states


def test_a_film_in_the_queue(desk, bare):
    one = desk(bare)
    waiting = task("pending", queuePosition=3, estimatedSeconds=7.2, priority="high")
    reading = task("processing", kind="pano")
    one.answer([waiting, reading])
    page = one.open(waiting["taskId"])
    steps = page.locator(".steps li")
    expect(steps.nth(1)).to_have_attribute("aria-current", "step")
    expect(steps.nth(1)).to_contain_text("position 3")
    expect(steps.nth(1)).to_contain_text("about 8 s")
    expect(steps.nth(1)).to_contain_text("high priority")
    expect(page.locator("#films .chip.processing")).to_have_count(1)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    one.picture("queued")


def test_timings_and_links_are_shown_where_the_api_gives_them(desk, bare, reports):
    one = desk(bare)
    done = task(
        data=reports["ceph"],
        timings={"waitedMs": 1200, "downloadedMs": 31, "readMs": 640, "deliveredMs": 20},
        links={"result": "/api/v1/x", "overlay": "/api/v1/y"},
    )
    one.answer([done])
    page = one.open(done["taskId"])
    expect(page.locator(".steps li").nth(2)).to_contain_text("fetched in 31 ms")
    expect(page.locator(".steps li").nth(2)).to_contain_text("took 640 ms")
    expect(page.locator(".take").get_by_role("link")).to_have_count(2)
    with page.context.expect_page() as opened:
        page.click("[data-key=link-overlay]")
    opened.value.wait_for_url("**/api/v1/y")


def test_a_failed_film_says_why(desk, bare):
    one = desk(bare)
    failed = task("failed", error={"code": 12003, "message": "does not look like one"})
    failed["callback"]["attempts"].append(
        {"at": "2026-01-02T10:00:09Z", "status": None, "latencyMs": 30000, "error": "timed out",
         "answer": None}
    )  # fmt: skip
    one.answer([failed])
    page = one.open(failed["taskId"])
    expect(page.locator(".problem[role=alert]")).to_contain_text("does not look like one")
    expect(page.locator(".problem[role=alert]")).to_contain_text("Code 12003")
    page.click("summary:has-text('Attempts')")
    expect(page.locator(".attempts tbody tr")).to_have_count(2)
    one.picture("failed")


def test_no_service_is_said(desk, bare):
    one = desk(bare)
    one.allowed = ("status of 503",)
    page = one.open()
    expect(page.locator("#trouble")).to_contain_text("A part of the service is not available")


def test_a_task_that_is_gone(desk, bare):
    one = desk(bare)
    one.allowed = ("status of 404",)
    one.answer([])
    page = one.open(str(uuid.uuid4()))
    expect(page.locator("#report .problem")).to_contain_text("it may have expired")


def test_films_can_be_dropped(desk, bare, films):
    one = desk(bare)
    one.answer([])
    page = one.open()
    page.evaluate(
        """(bytes) => {
            const carried = new DataTransfer();
            for (const name of ["one.jpg", "two.jpg"])
                carried.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
            const say = (type) => document.body.dispatchEvent(
                new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
            say("dragenter");
            if (!document.body.classList.contains("dropping")) throw new Error("no mark");
            say("drop");
        }""",
        list(films["pano"].read_bytes()),
    )
    expect(page.locator("#staged select")).to_have_count(2)
    expect(page.locator("#staged select").first).to_have_value("pano")
    expect(page.locator("body")).not_to_have_class("dropping")
    page.get_by_role("button", name="Remove one.jpg").click()
    expect(page.get_by_role("button", name="Send 1 film")).to_be_visible()


def test_what_is_one_too_many_is_sent_later(desk, bare, films):
    one = desk(bare)
    one.allowed = ("status of 429",)
    tasks, posts = [], []
    one.answer(tasks)
    page = one.open()

    def analyze(route):
        posts.append(route.request.headers["idempotency-key"])
        if len(posts) == 1:
            problem = {"code": 10008, "message": "Too many requests", "detail": "quota: 1 a minute"}
            return route.fulfill(status=429, headers={"Retry-After": "1"}, json=problem)
        tasks.append(task("pending") | {"taskId": posts[0]})
        return route.fulfill(status=202, json={"taskId": posts[0], "status": "accepted"})

    page.route("**/api/v1/analyze", analyze)
    page.set_input_files("#choose", str(films["ceph"]))
    page.click("#send")
    expect(page.locator("#films .chip.held")).to_be_visible()
    expect(page.locator("#films .chip.pending")).to_be_visible()
    assert len(set(posts)) == 1, "under the same key: it is not read twice"


# --- looking


def test_zoom_pan_and_grey_values(shown):
    one = shown("ceph")
    page, stage = one.page, one.page.locator("#stage")
    level = page.locator("#zoom-level")
    fitted = level.inner_text()
    stage.focus()
    page.keyboard.press("+")
    expect(level).not_to_have_text(fitted)
    before = at(page, "S")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(100)
    assert at(page, "S")[0] == pytest.approx(before[0] + 40, abs=1)
    page.keyboard.press("0")
    expect(level).to_have_text(fitted)

    box = stage.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    under = at(page, "S")
    page.mouse.wheel(0, -400)
    expect(level).not_to_have_text(fitted)
    page.wait_for_timeout(100)
    factor = (at(page, "S")[0] - box["x"] - 300) / (under[0] - box["x"] - 300)
    assert factor > 1.5, "the film grows around the pointer"

    page.click("#invert")
    page.locator("#brightness").fill("1.6")
    page.wait_for_timeout(100)
    assert (
        page.locator("#stage img")
        .evaluate("one => one.style.filter")
        .startswith("invert(1) brightness(1.6)")
    )
    one.picture("inverted")
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator("#invert")).to_have_attribute("aria-pressed", "false")


def test_two_fingers_zoom(shown):
    one = shown("ceph", **PHONE)
    page = one.page
    page.click(".panes-bar button[data-pane=film]")
    level = page.locator("#zoom-level")
    fitted = level.inner_text()
    page.evaluate(
        """() => {
            const stage = document.querySelector("#stage");
            stage.setPointerCapture = () => {};
            const box = stage.getBoundingClientRect();
            const say = (type, id, x) => stage.dispatchEvent(new PointerEvent(type, {
                pointerId: id, pointerType: "touch", button: 0, bubbles: true,
                clientX: box.left + x, clientY: box.top + 8 }));
            say("pointerdown", 1, 100); say("pointerdown", 2, 140);
            say("pointermove", 2, 220); say("pointerup", 1, 100); say("pointerup", 2, 220);
        }"""
    )
    expect(level).not_to_have_text(fitted)


def test_layers_can_be_switched(shown):
    one = shown("ceph")
    page = one.page
    drawn = page.locator("#stage svg circle")
    expect(drawn).not_to_have_count(0)
    page.get_by_label("Landmarks", exact=True).uncheck()
    expect(drawn).to_have_count(0)
    expect(page.locator("#stage svg text").first).to_be_attached()
    page.get_by_label("Names", exact=True).uncheck()
    page.get_by_label("Planes").uncheck()
    expect(page.locator("#stage svg path")).to_have_count(0)
    page.get_by_label("Tracing").check()
    expect(page.locator("#stage svg path")).not_to_have_count(0)


def test_a_measurement_shows_its_lines_and_what_it_is(shown):
    one = shown("ceph")
    page = one.page
    page.click("button[data-key='Steiner/SNA']")
    expect(page.locator("tr.explain:visible")).to_contain_text("Angle S-N-A")
    expect(page.locator("#stage svg path[stroke='#ffffff']")).to_have_count(2)


def test_a_film_that_this_browser_has_not(shown, films):
    one = shown("ceph", with_film=False)
    page = one.page
    expect(page.locator("#stage-notice")).to_contain_text("not in this browser")
    one.picture("without-film")
    with page.expect_file_chooser() as chooser:
        page.click("label[for=add-film]")
    chooser.value.set_files(str(films["ceph"]))
    expect(page.locator("#stage-notice")).to_be_hidden()
    expect(page.locator("#stage img")).to_be_visible()


# --- correcting


def test_a_dragged_landmark_takes_its_measurements_with_it(shown, reports):
    one = shown("ceph")
    page = one.page
    before = {name: value_of(page, name) for name in ("Steiner/SNA", "Steiner/SNB", "Downs/Y-axis")}
    x, y = at(page, "A")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 1, steps=3)
    page.mouse.up()
    expect(page.locator(".by-hand")).to_contain_text("A.")
    assert value_of(page, "Steiner/SNA", 0) == before["Steiner/SNA"]
    after = float(value_of(page, "Steiner/SNA", 1).rstrip("°"))
    assert after > reports["ceph"]["measurements"]["SNA"] + 1
    assert value_of(page, "Steiner/SNB", 1) == before["Steiner/SNB"]
    assert value_of(page, "Downs/Y-axis", 1) == before["Downs/Y-axis"]
    one.picture("corrected")

    page.reload()
    expect(page.locator(".by-hand")).to_contain_text("A.")
    assert float(value_of(page, "Steiner/SNA", 1).rstrip("°")) == after
    page.get_by_role("button", name="As it was read").click()
    expect(page.locator(".by-hand")).to_have_count(0)
    assert value_of(page, "Steiner/SNA") == before["Steiner/SNA"]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".by-hand")).to_be_visible()
    page.get_by_role("button", name="Redo").click()
    expect(page.locator(".by-hand")).to_have_count(0)


def test_by_keyboard_alone(shown):
    one = shown("ceph")
    page = one.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "stage":
            break
    expect(page.locator("#stage")).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.press("n")
    expect(page.locator("#spoken")).to_contain_text("N Nasion")
    before = value_of(page, "Steiner/SNA")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".by-hand")).to_contain_text("N.")
    assert value_of(page, "Steiner/SNA", 1) != before
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator(".by-hand")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#spoken")).to_be_empty()
    page.keyboard.press("Tab")
    expect(page.locator("#stage")).not_to_be_focused()


def test_every_stop_of_the_tab_key_can_be_seen_and_has_a_name(shown):
    one = shown("pano")
    page = one.page
    seen = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
                const one = document.activeElement;
                if (one === document.body) return null;
                const style = getComputedStyle(one.matches(".hidden-input")
                    ? one.nextElementSibling : one);
                const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent
                    || one.textContent;
                return { key: one.id || one.dataset.key || name.trim(), name: name.trim(),
                    outline: style.outlineStyle + " " + style.outlineWidth };
            }"""
        )
        if stop is None or (stop["key"] in seen and stop["key"] == "skip"):
            break
        assert stop["name"], stop
        assert stop["outline"] == "solid 3px", stop
        seen.add(stop["key"])
    assert {"choose", "language", "stage", "invert", "json", "print"} <= seen


# --- the panoramic


def test_the_tooth_chart(shown, reports):
    one = shown("pano")
    page = one.page
    cells = page.locator("#report [role=gridcell]")
    expect(cells).to_have_count(32)
    tooth = next(one for one in reports["pano"]["teeth"] if one["status"] != "missing")
    page.click(f"#report [data-key='tooth-{tooth['id']}']")
    expect(page.locator(".chosen-tooth")).to_contain_text(f"{tooth['id']} ")
    one.picture("tooth")
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.dataset.key")
    order = [f"tooth-{one['id']}" for one in reports["pano"]["teeth"]]
    assert order.index(focused) == order.index(f"tooth-{tooth['id']}") + 1
    names = cells.evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert all(" · " in name for name in names), "the status is in the name, not only in a colour"


# --- languages, themes, widths, paper


def test_in_chinese_nothing_is_left_in_english(shown):
    for kind in ("ceph", "pano"):
        one = shown(kind, language="zh")
        page = one.page
        one.picture(f"chinese-{kind}")
        words = page.evaluate(
            """() => {
                const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                const found = [];
                while (walker.nextNode()) {
                    const parent = walker.currentNode.parentElement;
                    if (parent.closest(".source, .models, .id, script, option, .keys dt")) continue;
                    found.push(walker.currentNode.data);
                }
                return found;
            }"""
        )
        own = {"jpg", "ceph", "pano", "JPEG", "BMP", "DICOM", "JSON", "Steiner", "Downs", "Tweed",
               "McNamara", "Jarabak", "ISBI", "HTTP", "pixelSpacing", "Wits", "Björk", "Shift",
               "Ctrl", "Esc", "Tab", "GoGn", "IMPA", "ODI", "APDI"}  # fmt: skip
        foreign = {
            word
            for text in words
            for word in re.findall(r"[A-Za-zö]{4,}", re.sub(r"[0-9a-f-]{36}", "", text))
            if word not in own
        }
        assert foreign == set()


def test_the_language_can_be_changed(shown):
    one = shown("ceph")
    one.page.select_option("#language", "zh")
    expect(one.page.locator("h1").first).to_have_text("X 光片阅读")
    expect(one.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(one.page.locator("#report")).to_contain_text("骨性分类")


def test_dark_as_the_system_says_and_by_the_switch(shown):
    one = shown("ceph", color_scheme="dark")
    page = one.page
    ground = "getComputedStyle(document.querySelector('.report')).backgroundColor"
    dark = page.evaluate(ground)
    one.picture("dark")
    page.click("#theme")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.click("#theme")
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["ceph", "pano"])
def test_words_stand_out_from_their_ground(shown, kind, scheme):
    """Contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3); what is drawn over the film is not text."""
    one = shown(kind, color_scheme=scheme)
    faint = one.page.evaluate(
        """() => {
            const parts = (text) => text.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b]
                .map((one) => one / 255)
                .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
                .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
            const ground = (element) => {
                for (let one = element; one; one = one.parentElement) {
                    const found = parts(getComputedStyle(one).backgroundColor);
                    if (found.length === 3 || found[3] === 1) return found;
                }
                return [255, 255, 255];
            };
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const faint = [];
            while (walker.nextNode()) {
                const element = walker.currentNode.parentElement;
                if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
                if (element.closest("svg, :disabled, .visually-hidden, option")) continue;
                const style = getComputedStyle(element);
                if (!style.color.startsWith("rgb")) continue;
                const [a, b] = [light(parts(style.color)), light(ground(element))];
                const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (contrast < 4.5) faint.push([walker.currentNode.data, contrast]);
            }
            return faint;
        }"""
    )
    assert faint == []


@pytest.mark.parametrize("kind", ["ceph", "pano"])
def test_on_a_phone(shown, kind):
    one = shown(kind, **PHONE)
    page = one.page
    for pane in ("films", "film", "report"):
        page.click(f".panes-bar button[data-pane={pane}]")
        one.picture(f"phone-{kind}-{pane}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{pane} is wider than the phone"
        inner = page.evaluate(
            "(name) => { const one = document.querySelector(`.pane.${name}`);"
            " return one.scrollWidth - one.clientWidth; }",
            pane,
        )
        assert inner <= 0, f"{pane} must be scrolled sideways"


def test_before_and_after_fit_side_by_side(shown):
    one = shown("ceph", viewport={"width": 1180, "height": 760})
    page = one.page
    page.locator("#report .points button").first.click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".by-hand")).to_be_visible()
    page.locator("#report").evaluate("(one) => one.scrollTo(0, 0)")
    one.picture("corrected-small-laptop")
    wide = page.locator(".pane").evaluate_all(
        "all => all.map((o) => o.scrollWidth - o.clientWidth)"
    )
    assert max(wide) <= 0


@pytest.mark.parametrize("kind", ["ceph", "pano"])
def test_on_paper(shown, kind):
    one = shown(kind, viewport={"width": 794, "height": 1123})
    page = one.page
    page.emulate_media(media="print")
    expect(page.locator("#paper .not-diagnosis")).to_contain_text("This is not a diagnosis")
    expect(page.locator("#paper table").first).to_be_visible()
    expect(page.locator(".panes")).to_be_hidden()
    one.picture(f"print-{kind}", full_page=True)


def test_the_report_and_the_picture_are_taken_away(shown, reports, tmp_path):
    one = shown("ceph")
    page = one.page
    page.locator("#report .points button").first.click()
    page.keyboard.press("ArrowRight")
    with page.expect_download() as taken:
        page.get_by_role("button", name="JSON").click()
    document = json.loads(taken.value.path().read_text())
    assert document["correction"][0]["abbreviation"] == "S"
    assert len(document["data"]["landmarks"]) == 19
    assert taken.value.suggested_filename.endswith("-corrected.json")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Picture").click()
    with Image.open(taken.value.path()) as picture:
        image = reports["ceph"]["image"]
        assert picture.format == "PNG"
        assert picture.width == image["width"]
        assert picture.height > image["height"], "the notice stands below the film"
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 300
