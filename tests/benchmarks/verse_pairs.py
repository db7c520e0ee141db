"""Are two verses of the Bible of the same testament? A siamese network against the cosine of tf-idf.

    python -m tests.benchmarks.verse_pairs FILE [--pairs 20000] [--epochs 4]

FILE is a table of verses with the columns text and label. Each verse is in one part alone: pairs are drawn among the
training, the validation and the test verses separately. Prints the test AUC and accuracy of the cosine, with its
threshold chosen on training pairs, and trains the network in a temporary folder.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml

EXPERIMENT: dict[str, Any] = {
    "data": {
        "name": "csv",
        "path": "pairs.csv",
        "target": "same",
        "validation": {"column": "part"},
        "test": {"column": "part"},
        "inputs": {
            "left": {"text": "a", "transforms": [{"name": "tokenize", "vocabulary": 8000}, {"name": "pad", "length": 50}]},
            "right": {"text": "b", "like": "left"},
        },
    },
    "model": {"name": "siamese", "head": [32]},
    "training": {"optimizer": "adam", "batch_size": 128, "metrics": ["accuracy", "auc"]},
}  # fmt: skip
PARTS = {"train": 0.7, "validation": 0.1, "test": 0.2}


def main() -> None:
    """Draw the pairs, and print what each side scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    with options.file.open(encoding="utf-8", newline="") as file:
        verses = [(row["text"], int(row["label"])) for row in csv.DictReader(file)]
    pairs = drawn(np.array([label for _, label in verses]), options.pairs)
    texts = [text for text, _ in verses]
    print("cosine of tf-idf", of_cosine(texts, pairs))
    print("siamese         ", of_network(texts, pairs, options.epochs))


def drawn(labels: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Return pairs of verses by part: (pairs, 3) numbers of two verses, and whether they are of one testament."""
    random = np.random.default_rng(0)
    order, found, first = random.permutation(len(labels)), {}, 0
    for part, share in PARTS.items():
        own = order[first : first + int(share * len(labels))]
        first += len(own)
        by_label = [own[labels[own] == label] for label in (0, 1)]
        rows = int(share * count)
        left, same = random.integers(2, size=rows), random.permutation(np.arange(rows) % 2)
        right = np.where(same == 1, left, 1 - left)
        sides = [np.array([random.choice(by_label[label]) for label in side]) for side in (left, right)]
        found[part] = np.stack([*sides, same], axis=1)
    return found


def of_cosine(texts: list[str], pairs: dict[str, np.ndarray]) -> str:
    """Return the test AUC and accuracy of the cosine of tf-idf vectors, fitted on the training verses."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import roc_auc_score

    known = TfidfVectorizer(sublinear_tf=True).fit([texts[row] for row in np.unique(pairs["train"][:, :2])])
    cosine = {}
    for part, rows in pairs.items():
        left, right = (known.transform([texts[row] for row in rows[:, side]]) for side in (0, 1))
        cosine[part] = np.asarray(left.multiply(right).sum(axis=1)).reshape(-1)
    tried = np.quantile(cosine["train"], np.linspace(0, 1, 101))
    accuracies = [((cosine["train"] > limit) == pairs["train"][:, 2]).mean() for limit in tried]
    limit = tried[int(np.argmax(accuracies))]
    same = pairs["test"][:, 2]
    return f"AUC {roc_auc_score(same, cosine['test']):.3f}, accuracy {((cosine['test'] > limit) == same).mean():.3f}"


def of_network(texts: list[str], pairs: dict[str, np.ndarray], epochs: int) -> str:
    """Return the test AUC and accuracy of the siamese network."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["a", "b", "same", "part"])
            for part, rows in pairs.items():
                writer.writerows([texts[a], texts[b], ("no", "yes")[same], part] for a, b, same in rows.tolist())
        EXPERIMENT["training"]["epochs"] = epochs
        (folder / "experiment.yaml").write_text(yaml.safe_dump(EXPERIMENT))
        for arguments in (["train", "experiment.yaml", "--quiet"], ["evaluate", "latest"]):
            subprocess.run([sys.executable, "-m", "dlpy", *arguments], cwd=folder, check=True, capture_output=True)
        (run,) = (path for path in (folder / "runs").iterdir() if path.is_dir())
        scores = json.loads((run / "evaluation.json").read_text())["test"]["scores"]
    return f"AUC {scores['auc']:.3f}, accuracy {scores['accuracy']:.3f}"


if __name__ == "__main__":
    main()
