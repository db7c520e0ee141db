import json
from pathlib import Path


class ModelSignature:
    def __init__(self, inputs):
        self.text = inputs.text


class Model:
    def __init__(self, artifact_path, run_id, signature):
        self._content = {"signature": signature.text}

    def add_flavor(self, name, **options):
        self._content[name] = options

    def save(self, path):
        Path(path).write_text(json.dumps(self._content))
