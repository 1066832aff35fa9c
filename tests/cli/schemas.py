"""JSON Schemas of the command, and what it printed held against them."""

import json
import re

import jsonschema


class Schemas:
    """`output_of(*arguments)` runs the command. `seen`: of each name, the forms of its schema that some line had."""

    def __init__(self, output_of):
        self.output_of = output_of
        self.names = re.findall(r"^(\S+(?: \S+)*)  ", output_of("schema"), re.M)
        self.known = {}
        self.seen = {name: set() for name in self.names}

    def schema(self, name):
        if name not in self.known:
            self.known[name] = json.loads(self.output_of("schema", *name.split()))
            jsonschema.Draft202012Validator.check_schema(self.known[name])
        return self.known[name]

    def forms(self, name):
        """The names of the definitions that a line may be of."""
        schema = self.schema(name)
        return [form["$ref"].rpartition("/")[2] for form in schema.get("anyOf", [schema])]

    def validator(self, name, form=None):
        schema = self.schema(name)
        if form is not None:
            schema = {"$schema": schema["$schema"], "$ref": f"#/$defs/{form}", "$defs": schema["$defs"]}
        return jsonschema.Draft202012Validator(schema)

    def name_of(self, words):
        """The verb that these words begin with; None where it has no schema."""
        return next((name for count in (2, 1) if (name := " ".join(words[:count])) in self.seen), None)

    def check(self, words, text):
        """Every line of the text is as the schema of the verb says. Returns the lines as values."""
        name = self.name_of(words)
        assert name is not None, f"scheduled {' '.join(words)} --json: no prints<...>(verb) says what it prints"
        values = [json.loads(line) for line in text.splitlines()]
        for value in values:
            self.validator(name).validate(value)
            self.seen[name] |= {form for form in self.forms(name) if self.validator(name, form).is_valid(value)}
        return values
