"""What tests of a run have in common: a folder `run`, and a model to commit."""

import json

import command

TRUNK = "rsqrt(warmup=10, peak=1e-3)"


class RunTest(command.CommandTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.folder / "run"
        (self.folder / "model.bin").write_bytes(bytes(range(256)) * 40)

    def init(self, trunk=TRUNK):
        self.output_of("run", "init", "run", "--trunk", trunk)

    def commit(self, step, line="trunk"):
        return json.loads(
            self.output_of("run", "commit", "run", "--line", line, "--step", step, "model.bin", "--json")
        )

    def json_of(self, *arguments):
        return json.loads(self.output_of("run", *arguments, "--json"))
