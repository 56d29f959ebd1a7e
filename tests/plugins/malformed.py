"""Makes malformed plugins: each is the sound one with one thing broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOUND = (Path(__file__).parent / "sound.py").read_text(encoding="utf-8")
RUN = (
    *("run", "--tasks=sound_task", "--model=sound_backend:x"),
    *("--protocol=sound_protocol", "--metric=sound_metric", "--max-tokens=8"),
)
FOLDER = ("run", "--tasks=./sound_folder/", "--model=sound_backend:x")
SUITE = ("run", "--tasks=sound_suite", "--model=sound_backend:x")
OTHER = (*RUN[:3], "--protocol=other_protocol")
ADDED = ("run", "--tasks=counting", "--model=scripted:counting:right")
CHECK = ("check", "sound_task")
TASKS = ("tasks",)
PLUGINS = ("plugins",)
EXITS = {
    "raises": "raise RuntimeError('out of order')",
    "exits": "raise SystemExit(0)",
    "interrupts": "raise KeyboardInterrupt",
    "closes": "raise GeneratorExit",
}


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is broken, and what to type to meet it."""

    name: str
    old: str
    new: str
    words: tuple[str, ...]
    place: str
    """What the complaint names besides the distribution and the plugin."""
    hooks: int = 1
    """Which give the broken thing: each is told of."""

    @property
    def source(self) -> str:
        """The malformed plugin."""
        before, found, after = SOUND.partition(self.old)
        assert found, f"the sound plugin has no {self.old!r}"
        return f"{before}{self.new}{after}"


def hook(name: str) -> str:
    """How a hook of the sound plugin begins."""
    start = SOUND.index(f"@hookimpl\ndef {name}(")
    return SOUND[start : SOUND.index(":\n    ", start) + 2]


def first_line(name: str, line: str) -> tuple[str, str]:
    """A hook, and the same with a line before its own."""
    return hook(name), f"{hook(name)}    {line}\n"


def breaks() -> Iterator[Break]:
    """All malformed plugins."""
    yield from importing()
    yield from registering()
    yield from task_classes()
    yield from sampling()
    yield from scoring()
    yield from asking()
    yield from measuring()
    yield from backends()
    yield from engines()
    yield from lifecycle()
    yield from reporting()
    yield from folders_and_suites()


def importing() -> Iterator[Break]:
    """Modules that cannot be loaded, or bring nothing."""
    start = "from collections.abc"
    for name, line in {
        **EXITS,
        "is not there": "import no_such_module",
        "is no Python": "this is no Python",
    }.items():
        yield Break(f"module {name}", start, f"{line}\n{start}", PLUGINS, "")
    for each in ("tasks", "scored", "card_sections", "commands"):
        old = f"@hookimpl\ndef evalkit_{each}("
        new = f"def evalkit_{each}("
        yield Break(f"{each} unmarked", old, new, PLUGINS, f"evalkit_{each}")
    yield Break("misspelled", "def evalkit_scored", "def evalkit_score", PLUGINS, "")
    yield Break(
        "unknown argument", "evalkit_scored(result", "evalkit_scored(rest", PLUGINS, ""
    )
    yield Break("no hooks", "    hookimpl,\n", "    hookimpl as _,\n", PLUGINS, "")


def registering() -> Iterator[Break]:
    """Hooks that give something else than a tuple of sound items."""
    given = {
        "tasks": "SoundTask",
        "suites": "SUITE",
        "protocols": 'SoundProtocol(name="other_protocol")',
        "backends": "SoundBackend",
        "metrics": "SoundMetric()",
    }
    for kind, item in given.items():
        name = f"evalkit_{kind}"
        for how, line in EXITS.items():
            yield Break(f"{kind} {how}", *first_line(name, line), PLUGINS, name)
        for what in ("5", item, '"text"', "(None,)", "(5,)", "iter(int, 1)"):
            line = f"return {what}"
            yield Break(f"{kind}: {what}", *first_line(name, line), PLUGINS, name)
        line = "yield 1 / 0"
        yield Break(f"{kind} yields", *first_line(name, line), PLUGINS, name)
    for kind, other in (
        ("tasks", "SoundTask()"),
        ("backends", 'SoundBackend(model="x")'),
        ("protocols", "SoundProtocol"),
        ("metrics", "SoundMetric"),
        ("suites", "Suite"),
    ):
        name = f"evalkit_{kind}"
        line = f"return ({other},)"
        yield Break(f"{kind}: {other}", *first_line(name, line), PLUGINS, name)


def task_classes() -> Iterator[Break]:
    """Tasks that say something wrong of themselves."""
    for name, old, new in (
        ("no name", '    name = "sound_task"\n', ""),
        ("empty name", 'name = "sound_task"', 'name = ""'),
        ("numeric name", 'name = "sound_task"', "name = 5"),
        ("name with a comma", 'name = "sound_task"', 'name = "sound,task"'),
        ("no version", "    version = 1\n", ""),
        ("version as text", "version = 1", 'version = "1"'),
        ("version None", "version = 1", "version = None"),
        ("no comma", "(SoundProtocol(), Chat())", "(SoundProtocol())"),
        ("protocol's class", "(SoundProtocol(), Chat())", "(SoundProtocol, Chat())"),
        ("no protocols", "(SoundProtocol(), Chat())", "()"),
        ("protocols None", "(SoundProtocol(), Chat())", "None"),
        ("protocols in a list", "(SoundProtocol(), Chat())", "[SoundProtocol()]"),
        ("protocols twice", "(SoundProtocol(), Chat())", "(Chat(), Chat())"),
        ("metric's class", "(Accuracy(), SoundMetric())", "(Accuracy,)"),
        ("metrics None", "(Accuracy(), SoundMetric())", "None"),
        ("metrics of texts", "(Accuracy(), SoundMetric())", '("accuracy",)'),
        (
            "dataset as text",
            "    version = 1\n",
            '    version = 1\n    dataset = "x"\n',
        ),
        ("damaged", "    version = 1\n", "    version = 1\n    damaged = -1\n"),
        (
            "no dataclass",
            "@dataclass(frozen=True, kw_only=True)\nclass SoundTask(",
            "class SoundTask(",
        ),
        ("abstract", "    def score(", "    def scored("),
        ("no task", "class SoundTask(Task)", "class SoundTask"),
    ):
        yield Break(f"task: {name}", old, new, PLUGINS, "evalkit_tasks")
    post = "    def gold("
    yield Break(
        "task: post init",
        post,
        f"    def __post_init__(self):\n        1 / 0\n\n{post}",
        RUN,
        "task 'sound_task'",
    )


def sampling() -> Iterator[Break]:
    """Tasks whose samples are none."""
    loop = "        for i in range(self.largest):\n"
    for how, line in EXITS.items():
        new = f"        {line}\n{loop}"
        yield Break(f"samples {how}", loop, new, RUN, "samples()")
        late = f"{loop}            if i: {line}\n"
        yield Break(f"samples {how} late", loop, late, RUN, "samples()")
    begin = "    def samples(self) -> Iterable[Sample]:\n"
    for what in ("None", "5", '"text"', "Sample"):
        new = f"{begin}        return {what}\n\n    def others(self):\n"
        yield Break(f"samples: {what}", begin, new, RUN, "samples()")
    sample = 'Sample(id=f"s{i}", question=f"{i}, and then?", target=str(i + 1))'
    for what in (
        "None",
        '"text"',
        '{"id": "s0"}',
        'Sample(id=0, question="", target="")',
        'Sample(id="", question="", target="")',
        'Sample(id="a\\nb", question="", target="")',
        'Sample(id="same", question="", target="")',
        'Sample(id=f"s{i}", question=None, target="")',
        'Sample(id=f"s{i}", question="", target=1)',
        'Sample(id=f"s{i}", question="", target="", choices=["a", "b"])',
        'Sample(id=f"s{i}", question="", target="", choices=("a", 5))',
        'Sample(id=f"s{i}", question="", target="", points=-1)',
        'Sample(id=f"s{i}", question="", target="", points=float("nan"))',
        'Sample(id=f"s{i}", question="", target="", points="1")',
        'Sample(id=f"s{i}", question="", target="", metadata=[])',
        'Sample(id=f"s{i}", question="", target="", metadata={"a": 1})',
        'Sample(id=f"s{i}", question="\\ud83d", target="")',
        'Sample(id=f"s{i}", question="", target="", rubric=("a step",))',
    ):
        yield Break(f"sample: {what}", sample, what, RUN, "sound_task")
    shown = 'return (Sample(id="e0", question="90, and then?", target="91"),)'
    for what in ("None", "5", '("text",)', "1 / 0", "iter(int, 1)"):
        place = "exemplars()"
        yield Break(f"exemplars: {what}", shown, f"return {what}", RUN, place)
    gold = "return (sample.target,)"
    for what in ("None", "sample.target", "(5,)", "1 / 0"):
        yield Break(f"gold: {what}", gold, f"return {what}", CHECK, "gold()")


def scoring() -> Iterator[Break]:
    """Tasks whose scores are none."""
    line = "        right = float(answer.text == sample.target)\n"
    place = "score()"
    for how, exits in EXITS.items():
        yield Break(f"score {how}", line, f"        {exits}\n", RUN, place)
    whole = "return verdict(sample, answer, read=answer.text or None, value=right)"
    score = "Score(value={}, outcome={!r}, points={})"
    for what in (
        "None",
        "1.0",
        '"right"',
        "verdict(sample, answer, read=5, value=right)",
        "verdict(sample, answer, read=None, value=2)",
        score.format("1", "wrong", "1"),
        score.format("1", "right", "1e308"),
        score.format("1", "right", "-1"),
        score.format("1", "right", "2"),
        score.format("0", "right", "0"),
        score.format("float('nan')", "right", "0"),
        score.format("0.5", "right", "0.5"),
        score.format("'1'", "right", "1"),
        score.format("1", "banana", "1"),
        score.format("1", "right", "float('inf')"),
    ):
        yield Break(f"score: {what}", whole, f"return {what}", RUN, place)


def asking() -> Iterator[Break]:
    """Protocols that do not ask, or never come to an end."""
    first = "        prompt = (Message("
    second = "        second = yield"
    place = "'sound_protocol'"
    for how, line in EXITS.items():
        new = f"        {line}\n{first}"
        yield Break(f"asking {how}", first, new, RUN, place)
        new = f"        {line}\n{second}"
        yield Break(f"asking {how} later", second, new, RUN, place)
    prompt = "Generate(prompt=prompt, sampling=self.sampling)"
    for what in (
        "None",
        '"text"',
        "Generate(prompt=None)",
        "Generate(prompt=[Message('user', 'x')])",
        "Generate(prompt=(Message('robot', 'x'),))",
        "Generate(prompt=('x',))",
        "Generate(prompt='x', sampling=Sampling(temperature=-1))",
        "Generate(prompt='x', sampling=Sampling(max_tokens=0))",
        "Generate(prompt='x', sampling=Sampling(stop='x'))",
        "Generate(prompt='x', sampling=None)",
        "Generate(prompt='x', schema='no JSON')",
    ):
        yield Break(f"request: {what}", prompt, what, RUN, place)
    again = 'Generate(prompt=f"{sample.question} Sure? {first.text}")'
    for what in ('"text"', "None", "Generate(prompt=5)"):
        yield Break(f"second request: {what}", again, what, RUN, place)
    answer = "return Answer(text=second.text, finish=second.finish)"
    for what in (
        "None",
        '"text"',
        "Answer(text=5)",
        "Answer(finish='banana')",
        "Answer(weights=[1.0])",
        "Answer(weights=(float('nan'),))",
    ):
        yield Break(f"answer: {what}", answer, f"return {what}", RUN, place)
    begin = "    def converse("
    for what in ("None", "[]", "5"):
        new = f"    def converse(self, sample, exemplars):\n        return {what}\n\n"
        yield Break(f"converse: {what}", begin, f"{new}    def other(", RUN, place)
    ever = f"        while True:\n            yield Generate(prompt='more')\n{second}"
    yield Break("asks for ever", second, ever, RUN, place)
    for name, old, new in (
        (
            "no number",
            "sampling: Sampling = Sampling(max_tokens=8)",
            "sampling: int = 8",
        ),
        ("no tokens", "Sampling(max_tokens=8)", "Sampling(max_tokens=0)"),
        ("no fields", '    name: str = "sound_protocol"\n', "    chats = 5\n"),
        ("a set", '"sound_protocol"\n', '"sound_protocol"\n    extra: object = int\n'),
    ):
        words = RUN if name == "a set" else PLUGINS
        hooks = 2 if name in ("no number", "no tokens") else 1
        yield Break(f"protocol: {name}", old, new, words, "", hooks)


def measuring() -> Iterator[Break]:
    """Metrics that are none, or come to nothing."""
    place = "sound_metric"
    count = "        n = sum(1 for _ in results)\n"
    for how, line in EXITS.items():
        yield Break(f"metric {how}", count, f"        {line}\n", RUN, place)
    whole = "Estimate(metric=self.name, value=n, low=0, high=n, n=n, scale=100)"
    for what in (
        "None",
        "0.5",
        whole.replace("value=n", "value=float('nan')"),
        whole.replace("value=n", "value=n + 1"),
        whole.replace("low=0", "low=n + 1"),
        whole.replace("n=n", "n=-1"),
        whole.replace("metric=self.name", "metric=5"),
        whole.replace("metric=self.name", "metric='accuracy'"),
        whole.replace("high=n", "high='n'"),
        whole.replace("scale=100", "scale=1"),
    ):
        yield Break(f"estimate: {what}", whole, what, RUN, place)
    named = '        return "sound_metric"\n'
    for what in ("5", "''", "1 / 0"):
        new = f"        return {what}\n"
        yield Break(f"metric's name: {what}", named, new, PLUGINS, "", 2)
    wants = f"{named}\n    @property\n    def attempts(self):\n        return 'x'\n"
    yield Break("metric's attempts", named, wants, PLUGINS, "attempts", 2)


def backends() -> Iterator[Break]:
    """Backends that find or load nothing."""
    for name, old, new in (
        ("no name", '    name = "sound_backend"\n', ""),
        ("numeric name", 'name = "sound_backend"', "name = 5"),
        ("abstract", "    def load(", "    def loaded("),
        ("local", '"sound_backend"\n', '"sound_backend"\n    local = "yes"\n'),
        ("builtin", '"sound_backend"\n', '"sound_backend"\n    builtin_model = 5\n'),
    ):
        yield Break(f"backend: {name}", old, new, PLUGINS, "evalkit_backends")
    model = 'return Model(name=self.model, identity={"of": "sound"})'
    place = "backend 'sound_backend'"
    for what in (
        *EXITS.values(),
        "return None",
        "return self.model",
        "return Model(name=5)",
        "return Model(name='x', identity={1: 2})",
        "return Model(name='x', chats='yes')",
    ):
        yield Break(f"prepare: {what}", model, what, RUN, place)
    load = "return SoundEngine()"
    for what in (*EXITS.values(), "return None", "return SoundEngine", "return model"):
        yield Break(f"load: {what}", load, what, RUN, place)


def engines() -> Iterator[Break]:
    """Engines that answer what nobody asked, or in no way at all."""
    place = "SoundEngine"
    for what in ("0", "'x'", "None", "2.5", "-1"):
        yield Break(
            f"capacity: {what}", "capacity = 8", f"capacity = {what}", RUN, place
        )
    submit = "self.waiting += requests"
    step = "        done = [Completion("
    for how, line in EXITS.items():
        yield Break(f"submit {how}", submit, line, RUN, "submit()")
        yield Break(f"step {how}", step, f"        {line}\n{step}", RUN, "step()")
    for what in ("None", "5", "[None]", "['text']", "self.waiting"):
        new = f"        return {what}\n{step}"
        yield Break(f"step: {what}", step, new, RUN, place)
    whole = 'Completion(request_id=each.id, text="1")'
    for what in (
        'Completion(request_id="another", text="1")',
        'Completion(request_id=5, text="1")',
        "Completion(request_id=each.id, text=None)",
        "Completion(request_id=each.id, text=b'1')",
        "Completion(request_id=each.id, finish='banana')",
        "Completion(request_id=each.id, prompt_tokens='x')",
        "Completion(request_id=each.id, prompt_tokens=-1)",
        "Completion(request_id=each.id, completion_tokens=10**30)",
        "Completion(request_id=each.id, cut=None)",
        "Completion(request_id=each.id, error=5)",
        "Completion(request_id=each.id, ranked=(5,))",
        "Completion(request_id=each.id, reasoning=5)",
        "each.ranking([])",
    ):
        yield Break(f"completion: {what}", whole, what, RUN, place)
    twice = f"{whole} for each in (*self.waiting, *self.waiting)]\n        rest = [each"
    yield Break("completion twice", whole, twice, RUN, place)
    facts = 'return {"kind": "sound"}'
    for what in ("return None", "return 5", "1 / 0", 'return {"kind": object()}'):
        yield Break(f"facts: {what}", facts, what, RUN, "facts()")
    close = "    def close(self) -> None:\n"
    yield Break("close", close, f"{close}        1 / 0\n", RUN, "close()")
    tokens = "    capacity = 8\n"
    new = f"{tokens}    generated_tokens = 'x'\n"
    yield Break("generated tokens", tokens, new, RUN, place)


def lifecycle() -> Iterator[Break]:
    """Hooks that break off while a run goes on."""
    for each in (
        *("run_started", "answer", "completed", "stepped", "scored", "run_finished"),
    ):
        name = f"evalkit_{each}"
        for how, line in EXITS.items():
            yield Break(f"{each} {how}", *first_line(name, line), ADDED, name)
    for each in ("run_started", "completed", "scored", "run_finished"):
        name = f"evalkit_{each}"
        yield Break(f"{each} yields", *first_line(name, "yield"), ADDED, name)
    name = "evalkit_answer"
    for what in (
        "5",
        '"text"',
        "Completion(request_id='another')",
        "Completion(request_id=request.id, text=5)",
        "Completion(request_id=request.id, finish='banana')",
        "request.ranking([])  # ",
    ):
        line = f"return {what}"
        if what.startswith("request.ranking"):
            line = "return Completion(request_id=request.id, ranked=(1,))"
        yield Break(f"gives: {what}", *first_line(name, line), ADDED, name)
    scored = "@hookimpl\ndef evalkit_scored(result: SampleResult) -> None:\n    pass\n"
    head = "@hookimpl(wrapper=True)\ndef evalkit_scored(result):\n"
    for how, body in {
        "yields nothing": "if False: yield",
        "yields twice": "yield\n    yield",
        "raises first": "1 / 0\n    yield",
        "raises then": "yield\n    1 / 0",
    }.items():
        new = f"{head}    {body}\n"
        yield Break(f"wrapper {how}", scored, new, ADDED, "evalkit_scored")
    new = f"{head.replace('wrapper', 'hookwrapper')}    yield\n"
    yield Break("old wrapper", scored, new, PLUGINS, "evalkit_scored")


def reporting() -> Iterator[Break]:
    """Sections and commands that are none."""
    name = "evalkit_card_sections"
    section = 'yield CardSection("Sound", "All is well.", rank=80)'
    for what in (
        *EXITS.values(),
        "yield 5",
        'yield CardSection(5, "All is well.")',
        'yield CardSection("Sound", None)',
        'yield CardSection("Sound", "", rank="x")',
        f"{section}\n    1 / 0",
        "return 5",
    ):
        yield Break(f"section: {what}", section, what, ADDED, name)
    name = "evalkit_commands"
    for how, line in EXITS.items():
        yield Break(f"commands {how}", *first_line(name, line), PLUGINS, name)
    added = "cli.add_command(sound_command)"
    for what in (
        "cli.add_command(5)",
        "cli.add_command(SoundTask)",
        "cli.commands['x'] = 'y'",
        "cli.add_command()",
    ):
        yield Break(f"commands: {what}", added, what, PLUGINS, name)
    said = '    click.echo("all is well")\n'
    for how, line in EXITS.items():
        if how != "exits":
            new = f"    {line}\n"
            yield Break(f"command {how}", said, new, ("sound",), "command 'sound'")


def folders_and_suites() -> Iterator[Break]:
    """Tasks in folders, copies and suites that are none."""
    name = "evalkit_open_task"
    for how, line in EXITS.items():
        yield Break(f"folder {how}", *first_line(name, line), FOLDER, name)
    for what in ("5", "FolderTask()", "SoundProtocol", "Task"):
        line = f"return {what}"
        yield Break(f"folder: {what}", *first_line(name, line), FOLDER, name)
    old = 'path: str = field(default="", metadata={"identity": False})'
    yield Break("folder: no path", old, "other: int = 1", FOLDER, "")
    old = '    name = "folder_task"\n'
    yield Break("folder: no name", old, "    name = 5\n", FOLDER, "")
    name = "evalkit_replicate"
    words = (*RUN, "--replicas=2")
    for how, line in EXITS.items():
        yield Break(f"copies {how}", *first_line(name, line), words, name)
    for what in ("5", "SoundBackend", "SoundEngine()"):
        line = f"return {what}"
        yield Break(f"copies: {what}", *first_line(name, line), words, name)
    parts = 'parts=(Part(task="sound_task"),)'
    for what in (
        "parts=()",
        "parts=[Part(task='sound_task')]",
        "parts=Part(task='sound_task')",
        "parts=('sound_task',)",
        "parts=(Part(task=5),)",
        "parts=(Part(task='sound_task', shots='x'),)",
        "parts=(Suite(name='inner', about='', parts=()),)",
        "parts=(Part(task='sound_task'),), weighted='yes'",
    ):
        yield Break(f"suite: {what}", parts, what, PLUGINS, "evalkit_suites")
    about = 'about="One."'
    yield Break("suite: about", about, "about=None", PLUGINS, "evalkit_suites")
    name = 'name="sound_suite"'
    yield Break("suite: name", name, "name=None", PLUGINS, "evalkit_suites")
    yield Break("suite: task's", name, 'name="sound_task"', PLUGINS, "sound_task")
