"""Plots of the reports, in docs/images. Needs matplotlib, which it installs into target/report if it is missing."""

import os
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ENVIRONMENT = ROOT / "target" / "report"


def with_matplotlib():
    """Runs the script that calls this once more, where matplotlib is."""
    python = ENVIRONMENT / "bin" / "python"
    if pathlib.Path(sys.prefix) == ENVIRONMENT:
        return
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "matplotlib"], check=True)
    os.execv(python, [python, *sys.argv])


def axes(title, across, up, **more):
    from matplotlib import pyplot
    figure, plot = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    plot.set(title=title, xlabel=across, ylabel=up, **more)
    plot.grid(alpha=0.3)
    return figure, plot


def save(figure, plot, name):
    plot.set_ylim(bottom=0)
    plot.legend(frameon=False)
    IMAGES.mkdir(exist_ok=True)
    # Without a date, the same figures give the same file.
    figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})
