class TensorSpec:
    def __init__(self, kind, shape, name):
        self.text = f"{kind} {shape} {name}"


class Schema:
    def __init__(self, specs):
        self.text = "; ".join(spec.text for spec in specs)
