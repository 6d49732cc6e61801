"""What every policy offers the model."""


class Policy:
    """`period` is seconds between decisions, `idle_first` whether idle pods go first, `floor` the least it can do."""
    name, period, idle_first, floor = "?", 15.0, False, 0

    def start(self, spec):
        self.min, self.max, self.c = spec["min"], spec["max"], spec["concurrency"]

    def stop(self):
        pass
