"""``xray visualize``: the report drawn on the film."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import FilmUnreadable
from xray import terminal


def visualize(
    film: Annotated[Path, typer.Argument(help="The film that was read.")],
    report: Annotated[Path, typer.Argument(help="Its report, from 'xray analyze' or a callback.")],
    out: Annotated[Path, typer.Option(help="The picture: PNG or JPEG, by its name.")],
) -> None:
    """Draw a report on its film, with its measurements in the margin."""
    from pipelines.overlay import render
    from xray.results import ResultsInvalid, read_result

    try:
        content = film.read_bytes()
        picture = render(content, read_result(report).document())
        out.parent.mkdir(parents=True, exist_ok=True)
        picture.save(out)
    except ResultsInvalid as error:
        raise terminal.stop(f"{error}") from None
    except FilmUnreadable as error:
        raise terminal.stop(f"{film}: {error}") from None
    except OSError as error:
        raise terminal.stop(f"{error.filename or out}: {error.strerror or error}") from None
    except ValueError:
        raise terminal.stop(f"{out}: name it .png or .jpg") from None
    terminal.console.print(f"{out}", soft_wrap=True, markup=False)
