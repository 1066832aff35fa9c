"""What tests of the loss laws' verbs have in common: three logs of one model."""

import csv
import io
import json

import command

FIT = ("fit", "trunk.csv", "cosine-decay.csv", "--log", "decay.csv", "--base", "trunk.csv", "--log-warmup", "100")


class LawTest(command.CommandTest):
    def setUp(self):
        super().setUp()
        command.write_law_logs(self.folder)

    def json_of(self, *arguments):
        return json.loads(self.output_of(*arguments, "--json"))

    def rows_of(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.output_of(*arguments, "--csv"))))

    def write_run(self, name, loss, steps=range(100, 2001, 50), rate=lambda step: 1e-3 * (1 - step / 2500)):
        rows = "".join(f"{step},{rate(step)!r},{loss(step)}\n" for step in steps)
        (self.folder / name).write_text("step,lr,val_loss\n" + rows)
