"""``xray analyze``: films of a folder to reports, overlays, a table and a page, no service."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.errors import ModelInvalid
from pipelines.registry import TASK_TYPES, TaskType
from xray import terminal
from xray.project import project_root

if TYPE_CHECKING:
    from xray.analysis import Outcome
    from xray.films import FoundFilm
    from xray.results import Result

_Report = Callable[["FoundFilm", "Outcome", float], None]


def analyze(  # noqa: PLR0913  # the program's options are the parameters of its functions
    films: Annotated[list[Path], typer.Argument(metavar="FILM-OR-FOLDER…", help="What to read.")],
    out: Annotated[Path, typer.Option(help="Folder for reports, overlays, table and page.")],
    task_type: Annotated[str, typer.Option("--type", help="What the films show.")] = "ceph",
    models: Annotated[Path | None, typer.Option(help="Folder of the models.")] = None,
    pixel_spacing: Annotated[
        float | None, typer.Option(help="Millimetres per pixel, where files do not say.")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Read what has been read before.")] = False,
) -> None:
    """Read films without a service; what has been read before by the same model is kept."""
    if task_type not in TASK_TYPES:
        raise terminal.stop(f"--type must be one of {', '.join(sorted(TASK_TYPES))}")
    kind = TASK_TYPES[task_type]
    options = _options(kind, pixel_spacing)
    from xray.analysis import Analysis, Plan

    found = _find(films, kind)
    folder = models or project_root() / "functions" / "infer" / "models"
    results: list[Result] = []
    with terminal.interruptible():
        try:
            out.mkdir(parents=True, exist_ok=True)
            analysis = Analysis(Plan(kind, folder, out, options, again=force))
            _read_all(analysis.analyse, found, results)
        except ModelInvalid as error:
            raise terminal.stop(f"12004 {error}") from None
        except OSError as error:
            raise terminal.stop(f"{error.filename or out}: {error.strerror}") from None
        finally:
            # Also when interrupted: what is finished is finished.
            if results:
                _sum_up(out, found, results)
    failed = sum(result.error is not None for result in results)
    terminal.console.print(
        f"{len(results) - failed} of {len(results)} films read: {out / 'index.html'}",
        soft_wrap=True, markup=False,
    )  # fmt: skip
    if failed:
        raise typer.Exit(1)


def _options(kind: TaskType, pixel_spacing: float | None) -> Mapping[str, Any]:
    import msgspec

    from service.errors import InvalidRequest
    from service.validation import validated

    given = {} if pixel_spacing is None else {"pixelSpacing": pixel_spacing}
    try:
        options = msgspec.to_builtins(validated(given, kind.options_model()))
    except InvalidRequest as refused:
        raise terminal.stop(f"--pixel-spacing: {refused.detail.partition(': ')[2]}") from None
    return {name: value for name, value in options.items() if value is not None}


def _find(places: Sequence[Path], kind: TaskType) -> "Sequence[FoundFilm]":
    from xray.films import find_films

    try:
        search = find_films(places, kind.media)
    except FileNotFoundError as error:
        raise terminal.stop(f"no such file or folder: {error}") from None
    for path in search.skipped:
        terminal.console.print(f"skipped {path}: no film", soft_wrap=True, markup=False)
    if not search.films:
        raise terminal.stop("no film found")
    return search.films


def _read_all(
    analyse: "Callable[[FoundFilm], Outcome]",
    films: "Sequence[FoundFilm]",
    results: "list[Result]",
) -> None:
    with _progress(len(films)) as report:
        for film in films:
            began = time.monotonic()
            outcome = analyse(film)
            results.append(outcome.result)
            report(film, outcome, time.monotonic() - began)


@contextmanager
def _progress(total: int) -> Iterator[_Report]:
    """A bar where somebody watches, with what failed above it; elsewhere a line for each film."""
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    console = terminal.console
    watched = console.is_terminal
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not watched, transient=True) as bar:
        task = bar.add_task("reading films", total=total)
        done = 0

        def report(film: "FoundFilm", outcome: "Outcome", seconds: float) -> None:
            nonlocal done
            done += 1
            bar.advance(task)
            error = outcome.result.error
            if watched and not error:
                return
            said = f"read in {seconds:.1f} s" if outcome.fresh else "read before"
            if error:
                said = f"failed: {error['code']} {error['message']}"
            line = f"{done:{len(str(total))}}/{total}  {film.shown}  {said}"
            console.print(line, soft_wrap=True, markup=False)

        yield report


def _sum_up(out: Path, films: "Sequence[FoundFilm]", results: "Sequence[Result]") -> None:
    from xray.page import Entry, page
    from xray.results import OVERLAY_SUFFIX, SUFFIX, result_file, write_whole
    from xray.summary import table

    write_whole(out / "summary.csv", table(results).encode("utf-8-sig"))
    entries = [
        Entry(
            result,
            result_file(out, film.name, SUFFIX),
            result_file(out, film.name, OVERLAY_SUFFIX),
        )
        for film, result in zip(films, results, strict=False)
    ]
    write_whole(out / "index.html", page(out, entries).encode())
