"""Films go from the page through the whole service and back."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from pipelines.ceph.synthetic import draw

LONG_MS = 90_000  # an idle machine needs a few seconds


@pytest.fixture
def large_film(tmp_path):
    """A film of more than one request can carry."""
    pixels = Image.open(io.BytesIO(draw(seed=2).jpeg())).resize((2680, 3342))
    path = tmp_path / "large.bmp"
    pixels.convert("L").save(path)
    assert path.stat().st_size > 4_500_000
    return path


def send(page, *paths):
    page.set_input_files("#choose", [str(path) for path in paths])
    expect(page.locator("#staged li")).to_have_count(len(paths))
    page.click("#send")


def test_films_are_sent_and_watched_until_the_callback(desk, served, films):
    one = desk(served)
    page = one.open()
    one.picture("empty")
    page.set_input_files("#choose", [str(films["ceph"]), str(films["pano"])])
    expect(page.locator("#staged select").nth(0)).to_have_value("ceph")
    expect(page.locator("#staged select").nth(1)).to_have_value("pano")
    expect(page.locator("#callback-url")).to_have_value(served.callback_url)
    page.click("#try-receiver")
    expect(page.locator("#tried")).to_contain_text("Delivered: HTTP 200")
    one.picture("chosen")
    page.click("#send")

    expect(page.locator("#report .measures").first).to_be_visible(timeout=LONG_MS)
    expect(page.locator(".steps li").nth(3)).to_have_class("done", timeout=LONG_MS)
    expect(page.locator(".attempts tbody tr")).to_have_count(1)
    expect(page.locator("#films .chip.completed")).to_have_count(2, timeout=LONG_MS)
    expect(page.locator(".steps li").nth(2)).to_contain_text("fetched in")
    expect(page.locator("[data-key=link-overlay]")).to_be_visible()
    expect(page.locator("#announced")).to_contain_text(": read")
    one.picture("result-ceph")
    page.click("#films a:has-text('pano.jpg')")
    expect(page.locator("#report [role=gridcell]")).to_have_count(32)
    one.picture("result-pano")

    page.reload()
    expect(page.locator("#films li")).to_have_count(2)
    expect(page.locator("#films a:has-text('ceph.jpg')")).to_be_visible()
    expect(page.locator("#stage img")).to_be_visible()


def test_a_large_film_goes_in_by_upload(desk, served, large_film):
    page = desk(served).open()
    page.set_input_files("#choose", str(large_film))
    page.check("#priority")
    with page.expect_response("**/api/v1/uploads") as announced:
        page.click("#send")
    assert announced.value.status == 201
    expect(page.locator("#report .measures").first).to_be_visible(timeout=LONG_MS)
    task_id = page.url.rpartition("/")[2]
    assert page.request.get(f"{served.url}/api/v1/task/{task_id}").json()["priority"] == "high"


def test_what_is_no_film_is_refused_in_words(desk, served, films):
    one = desk(served)
    one.allowed = ("status of 400",)
    page = one.open()
    send(page, films["notes"])
    problem = page.locator("#report .problem")
    expect(problem).to_contain_text("The image format is not supported.")
    expect(problem).to_contain_text("Code 10003")
    expect(problem).to_contain_text("image: the content is none of")
    expect(problem.get_by_role("button", name="Try again")).to_be_visible()
    one.picture("error")


def test_the_wrong_kind_of_film_is_told_in_words(desk, served, films):
    page = desk(served).open()
    page.set_input_files("#choose", str(films["pano"]))
    page.locator("#staged select").select_option("ceph")
    page.click("#send")
    problem = page.locator("#report .problem")
    expect(problem).to_contain_text("not the kind of film", timeout=LONG_MS)
    expect(problem).to_contain_text("Code 12003")
