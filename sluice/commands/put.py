"""`put`: writes samples into the pipelines of the running embedded cloud, or given items into a stream's table."""

from pathlib import Path

import click

from sluice import target
from sluice.commands.imports import show as show_imports
from sluice.ledger import Entry, place
from sluice.pipelines import KINDS, Pipeline, chosen, pipeline_option, pipelines
from sluice.target import Target
from sluice.terminal import note, plural, print_table, say


@click.command("put")
@click.argument("given", metavar="[FILE or JSON]", required=False)
@click.option("--samples", is_flag=True, help="Fill every pipeline: users, files, tables to count.")
@click.option(
    "--poison", is_flag=True, help="Put a file that cannot be imported, or a user for whom a stream's functions fail."
)
@click.option("--unpoison", is_flag=True, help="Let the functions accept such users, who can then be redriven.")
@pipeline_option
@click.option("--stack", help="The running stack; needed only where several run.")
def command(
    given: str | None, samples: bool, poison: bool, unpoison: bool, pipeline_name: str | None, stack: str | None
) -> None:
    """Write samples, or items of your own, into what runs here.

    Items go into the table of a stream. FILE or JSON is an object, an array of objects, or lines with one each.
    --poison goes into the import, or into the import or stream that --pipeline names.
    Exits with 1 if an item was not written.

    \b
    Examples:
      python -m sluice put --samples
      python -m sluice put '{"userId": "u-1", "email": "ann@example.com", "name": "Ann"}'
    """  # noqa: D301 click reads the control character
    if not (samples or poison or unpoison or given):
        raise click.UsageError("give --samples, --poison, --unpoison, or a FILE or JSON")
    if poison and unpoison:
        raise click.UsageError("--poison and --unpoison exclude each other: give one of them")
    known = target.chosen(stack)
    running = Target(known.outputs, known.endpoint, known.region)
    running.greet()
    if given:
        _put_given(chosen(running, "streams", pipeline_name), given)
    if samples:
        _put_samples(running, pipeline_name, known.token)
    if poison:
        for pipeline in _to_poison(running, pipeline_name):
            _put_poison(pipeline, known.token)
    if unpoison:
        _end_poison(running, known.token)


def _put_given(stream: Pipeline, given: str) -> None:
    from sluice.putting import parsed, put_items

    is_json = given.lstrip().startswith(("{", "["))
    try:
        items = parsed(given if is_json else Path(given).read_text("utf-8"))
    except (OSError, ValueError) as error:
        what = "this" if is_json else given
        raise click.ClickException(
            f"{what} holds no items: {error}; give a JSON object, an array of objects, or lines with one each"
        ) from None
    written, wrong = put_items(stream, items)
    for one in wrong:
        note((f"item {one.number} was not written: {one.reason}", "red"))
    say(f"{stream}: {plural(written, 'item')} into {stream['tables'][0]['name']}.")
    if wrong:
        raise click.exceptions.Exit(1)


def _put_samples(running: Target, name: str | None, token: str) -> None:
    from sluice import putting, trail

    for stream in _named(running, "streams", name):
        before = putting.trail(stream)
        count, skipped = putting.put_users(stream)
        tables = ", ".join(table["name"] for table in stream["tables"])
        say((str(stream), "bold"), f"  {count} users into {tables};")
        say("  then one has another name, and one is gone.")
        if stream["notifier_function_name"]:
            say("  `python -m sluice outbox` shows the mails. Nobody can mail")
            for user in skipped:
                say(f"    {user}")
        if stream["archiver_function_name"]:
            say("  The audit trail has now:")
            trail.show(putting.trail_of(stream, before))
    for pipeline in _named(running, "imports", name):
        say((str(pipeline), "bold"), "  a file of users, and one of orders with mistakes planted in it.")
        _show(*putting.put_files(pipeline, token))
        say("  `python -m sluice rejects` shows what was not imported.")
    for report in _named(running, "reports", name):
        say((str(report), "bold"), "  tables to count; `python -m sluice report` does.")
        print_table(("table", "items"), *((table, str(count)) for table, count in putting.put_tables(report)))


def _to_poison(running: Target, name: str | None) -> list[Pipeline]:
    """The imports and streams of that name; without a name the only import, or else the only stream."""
    if name is None:
        return [chosen(running, "imports" if pipelines(running, "imports") else "streams")]
    found = [*_named(running, "streams", name), *_named(running, "imports", name)]
    if not found:
        raise click.ClickException(f"{name} is a report, which nothing is put into: name a stream or an import")
    return found


def _put_poison(pipeline: Pipeline, token: str) -> None:
    from sluice.putting import put_poison, put_poisoned_user

    if pipeline.section == "streams":
        user = put_poisoned_user(pipeline, token)
        say(f"{pipeline}: {user} into {pipeline['tables'][0]['name']}; each function that gets it fails.")
        say("`python -m sluice failures` shows it within a minute. `put --unpoison` fixes the cause; then redrive it.")
        return
    _show(*put_poison(pipeline, token))
    say("`python -m sluice failures` has it; import a better file of the same name to settle it.")


def _end_poison(running: Target, token: str) -> None:
    from sluice.putting import end_poison

    end_poison(running, token)
    say("The functions accept poisoned users again: `python -m sluice failures --redrive` sends them again.")


def _show(ended: list[Entry], unchanged: list[Entry]) -> None:
    if ended:
        show_imports(ended)
    for entry in unchanged:
        say(f"  {place(entry)[1]} was imported before, unchanged ({entry['status']}).")


def _named(running: Target, section: str, name: str | None) -> list[Pipeline]:
    """The pipelines of a kind, or of any kind with that name, such as `users` or `stream/users`."""
    found = pipelines(running, section)
    if name is None:
        return found
    known = {one for kind in KINDS for each in pipelines(running, kind) for one in (each.name, str(each))}
    if name not in known:
        raise click.ClickException(f"the stack has no pipeline {name}; it has {', '.join(sorted(known))}")
    return [one for one in found if name in (one.name, str(one))]
