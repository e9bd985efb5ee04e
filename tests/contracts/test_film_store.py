"""What every FilmStore does."""

from datetime import timedelta

from service.ports import FilmStore


def test_a_film_is_kept_until_it_is_deleted(films: FilmStore) -> None:
    films.put_film("films/local/1/a", b"\xff\xd8 film", "image/jpeg")
    assert films.get_film("films/local/1/a") == b"\xff\xd8 film"
    films.delete_film("films/local/1/a")
    assert films.get_film("films/local/1/a") is None


def test_deleting_what_is_not_there_is_no_error(films: FilmStore) -> None:
    films.delete_film("films/local/1/never")


def test_an_outcome_is_the_same_bytes(films: FilmStore) -> None:
    body = '{"name":"Förster"}'.encode()
    films.put_outcome("outcomes/local/1/1.json", body)
    assert films.get_outcome("outcomes/local/1/1.json") == body
    assert films.get_outcome("outcomes/local/1/2.json") is None


def test_the_head_of_a_film_is_its_first_bytes(films: FilmStore) -> None:
    films.put_film("uploads/local/1", b"\xff\xd8\xff" + bytes(500), "image/jpeg")
    assert films.get_head("uploads/local/1", 132) == b"\xff\xd8\xff" + bytes(129)
    assert films.get_head("uploads/local/1", 9999) == b"\xff\xd8\xff" + bytes(500)
    assert films.get_head("uploads/local/2", 132) is None


def test_a_copy_is_a_film_of_its_own(films: FilmStore) -> None:
    films.put_film("uploads/local/1", b"film", "image/jpeg")
    films.copy_film("uploads/local/1", "films/local/1/a")
    films.delete_film("films/local/1/a")
    films.copy_film("uploads/local/1", "films/local/2/b")
    assert films.get_film("films/local/2/b") == b"film"


def test_an_upload_form_names_its_key_and_type(films: FilmStore) -> None:
    form = films.upload_form("uploads/local/1", "image/png", 1000, timedelta(minutes=15))
    assert form.url.startswith("http")
    assert form.fields["key"] == "uploads/local/1"
    assert form.fields["Content-Type"] == "image/png"


def test_a_link_leads_to_an_outcome(films: FilmStore) -> None:
    films.put_outcome("outcomes/local/1/1/image", b"PNG", "image/png")
    link = films.link("outcomes/local/1/1/image", timedelta(minutes=15))
    assert link.startswith("http")
    assert "outcomes/local/1/1/image?" in link
    assert "Expires" in link


def test_a_store_that_is_there_answers(films: FilmStore) -> None:
    films.check()
