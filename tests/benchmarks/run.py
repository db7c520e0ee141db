"""Times dlpy against the plain Keras script of the same work, in turn, each in a fresh process.

    python tests/benchmarks/run.py [JOB ...] [--runs 3] [--data FOLDER]

FOLDER may hold boston.csv and fashion_mnist.npz; what it lacks, and all texts, come from dlpy's stand-ins, written
once in the files' own formats, so that both sides read the same bytes. dlpy's caches are empty at first. Prints a table of ratios dlpy / script:
medians of the wall time, of the training alone (tracing and compiling included), of the processor time, which other
work on the machine changes less, and of the peak memory. The job
`small` prints what a run of a second costs beside the import of TensorFlow instead, and `writing` how long a character
takes that `dlpy generate` writes, and one by the book's loop.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from files import PETS, find_data, write_table

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
DLPY = "from dlpy.cli.main import run; run()"


@dataclass(frozen=True)
class Job:
    """One comparison: dlpy's arguments and the script's, with {file} for the data and {vgg16} for its weights."""

    dlpy: str
    script: str
    data: str

    def filled(self, **paths: Path) -> Job:
        """Return the same with paths for the names in braces."""
        return Job(self.dlpy.format(**paths), self.script.format(**paths), self.data)


@dataclass(frozen=True)
class Took:
    """What one process took."""

    wall: float  # seconds
    training: float  # seconds
    processor: float  # seconds
    memory: float  # bytes
    score: float


VGG16 = "vgg16_notop.weights.h5"
JOBS = {
    "boston": Job("kfold configs/boston_kfold.yaml data.path={file}", "boston_kfold.py {file}", "boston.csv"),
    "imdb": Job("train configs/imdb_dense.yaml data.path={file}", "bags.py {file}", "imdb.npz"),
    "dense": Job("train configs/mnist_dense.yaml data.path={file}", "digits.py {file} dense 5", "fashion_mnist.npz"),
    "convnet": Job(
        "train configs/mnist_convnet.yaml data.path={file} training.epochs=2",
        "digits.py {file} convnet 2",
        "fashion_mnist.npz",
    ),
    "reuters": Job("train configs/reuters_dense.yaml data.path={file}", "bags.py {file}", "reuters.npz"),
    "lstm": Job("train configs/imdb_lstm.yaml data.path={file} training.epochs=2", "reviews.py {file} 2", "imdb.npz"),
    "gru": Job("train {file}.yaml", "climate.py {file}", "climate.csv"),
    "prose": Job(
        "train configs/nietzsche_lstm.yaml data.path={file} training.epochs=1 callbacks=[]",
        "prose.py {file}",
        "prose.txt",
    ),
    "videos": Job("train {file}.yaml", "videos.py {file}", "videos.npz"),
    "transformer": Job(
        "train configs/imdb_transformer.yaml data.path={file} data.transforms.0.length=200 model.positions=learned "
        "training.epochs=1",
        "attention.py {file} 200 1",
        "imdb.npz",
    ),
    "siamese": Job("train {file}.yaml", "pairs.py {file}", "pairs.csv"),
    "seq2seq": Job("train {file}.yaml", "dates.py {file}", "dates.csv"),
    "labels": Job("train {file}.yaml", "words.py {file}", "words.txt"),
    "table": Job("train {file}.yaml", "table.py {file}", "table.csv"),
    "pets": Job(
        "train configs/cats_vs_dogs_scratch.yaml data.path={file} training.epochs=2 training.steps_per_epoch=50",
        "pets.py {file} scratch 2 50",
        PETS,
    ),
    "pets_augmented": Job(
        "train configs/cats_vs_dogs_augmented.yaml data.path={file} training.epochs=2 training.steps_per_epoch=40",
        "pets.py {file} augmented 2 40",
        PETS,
    ),
    "pets_features": Job(
        "train configs/cats_vs_dogs_vgg16_features.yaml data.path={file} data.size=48 model.weights={vgg16}",
        "pets_features.py {file} {vgg16} 48 30",
        PETS,
    ),
    "questions": Job("train configs/qa_two_inputs.yaml training.epochs=3", "questions.py {file} 3", "questions.npz"),
    "posts": Job(
        "train configs/posts_three_outputs.yaml data.vocabulary=5000 training.epochs=2",
        "posts.py {file} 5000 2",
        "posts.npz",
    ),
    "vae": Job(
        "train configs/mnist_vae.yaml data.path={file} data.validation=null training.epochs=2 "
        "training.steps_per_epoch=500",
        "vae.py {file} 2 500",
        "fashion_mnist.npz",
    ),
    "gan": Job(
        "train configs/gan.yaml data.path={file} training.epochs=2",
        "gan.py {file} 2",
        "fashion_mnist.npz",
    ),
}


def main() -> None:
    """Run the jobs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", choices=[*JOBS, *OTHERS, []], help="all unless given")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    options = parser.parse_args()
    print(f"{'job':12} {'wall':>18} {'training':>18} {'processor':>18} {'peak memory':>18}   score")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.jobs or [*JOBS, *OTHERS]:
            if name in OTHERS:
                OTHERS[name](Path(folder), options.runs)
            else:
                job, file = JOBS[name], find_data(JOBS[name].data, options.data, Path(folder))
                compare(name, job.filled(file=file, vgg16=options.data / VGG16), file, options.runs)


def compare(name: str, job: Job, file: Path, runs: int) -> None:
    """Run both sides in turn and print a line of the table."""
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(run_dlpy(job.dlpy.split(), file.parent))
        theirs.append(run_script(job.script.split()))

    def ratio(field: str, unit: float, format: str) -> str:
        mine, other = (statistics.median(getattr(took, field) for took in side) for side in (ours, theirs))
        return f"{mine / unit:{format}}/{other / unit:{format}} = {mine / other:.3f}"

    cells = [ratio(name, 1, ".1f") for name in ("wall", "training", "processor")] + [ratio("memory", 2**20, ".0f")]
    scores = " ".join(f"{statistics.median(took.score for took in side):.4f}" for side in (ours, theirs))
    print(f"{name:12} {' '.join(f'{cell:>18}' for cell in cells)}   {scores}", flush=True)


def measure_overhead(folder: Path, runs: int) -> None:
    """Print how long a small run takes, plots included, and how much of it is the import of Keras and TensorFlow."""
    arguments = ["--runs", str(folder / "runs"), "--quiet"]
    write_table(folder / "small.csv", rows=1000)
    experiment = folder / "small.csv.yaml"
    importing, running = [], []
    for _ in range(runs):
        importing.append(timed([sys.executable, "-c", "from dlpy.core import keras_backend; keras_backend.start()"])[0])
        running.append(timed([sys.executable, "-c", DLPY, "train", str(experiment), *arguments])[0])
    wall, share = statistics.median(running), statistics.median(importing)
    print(f"small      {wall:.2f} s, {share:.2f} s of it the import: {wall - share:.2f} s of dlpy's own", flush=True)


def measure_writing(folder: Path, runs: int) -> None:
    """Print the milliseconds a character of a text takes, medians, and how many times faster dlpy is."""
    small = ["training.epochs=1", "training.steps_per_epoch=50", "--runs", str(folder / "writing"), "--quiet"]
    timed([sys.executable, "-c", DLPY, "train", str(REPOSITORY / "configs" / "nietzsche_lstm.yaml"), *small])
    (run,) = (folder / "writing").iterdir()
    took: dict[str, list[float]] = {"dlpy": [], "book": []}
    for _ in range(runs):
        output = timed([sys.executable, str(HERE / "scripts" / "writing.py"), str(run)])[-1]
        for name, seconds in (line.split() for line in output.splitlines() if line.startswith(("dlpy", "book"))):
            took[name].append(float(seconds) * 1000)
    ours, theirs = statistics.median(took["dlpy"]), statistics.median(took["book"])
    print(
        f"writing    {ours:.2f} ms a character, the book's loop {theirs:.1f} ms: {theirs / ours:.0f} times", flush=True
    )


OTHERS = {"small": measure_overhead, "writing": measure_writing}


def run_dlpy(arguments: list[str], folder: Path) -> Took:
    """Run dlpy with its runs in a folder of their own."""
    with tempfile.TemporaryDirectory(dir=folder if os.access(folder, os.W_OK) else None) as runs:
        os.environ["DLPY_CACHE"] = f"{runs}/cache"  # nothing is known from another run
        wall, processor, memory, _ = timed(
            [sys.executable, "-c", DLPY, *arguments, "--runs", f"{runs}/runs", "--quiet"]
        )
        metrics = [list(csv.DictReader(path.open())) for path in sorted(Path(runs).rglob("metrics.csv"))]
    names = ("val_mae", "val_accuracy", "accuracy", "val_loss", "loss", "d_loss")
    score = next(name for name in names if name in metrics[0][0])
    pick = {"val_loss": min, "val_accuracy": max, "accuracy": max}.get(score, lambda values: values[-1])
    scores = [pick([float(row[score]) for row in rows]) for rows in metrics]
    training = sum(float(rows[-1]["seconds"]) for rows in metrics)
    return Took(wall, training, processor, memory, statistics.mean(scores))


def run_script(arguments: list[str]) -> Took:
    """Run a plain Keras script."""
    wall, processor, memory, output = timed([sys.executable, str(HERE / "scripts" / arguments[0]), *arguments[1:]])
    told = dict(line.rsplit(" ", 1) for line in output.splitlines() if line.startswith(("training seconds", "score")))
    return Took(wall, float(told["training seconds"]), processor, memory, float(told["score"]))


def timed(command: list[str]) -> tuple[float, float, float, str]:
    """Run a command to its end and return its seconds, its processor seconds, its peak memory in bytes, its output."""
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "DLPY_OFFLINE": "1"}
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        child = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)],
        )
        _, status, usage = os.wait4(child, 0)
        wall = time.perf_counter() - began
        output.seek(0)
        text = output.read().decode(errors="replace")
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{text[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, text


if __name__ == "__main__":
    main()
