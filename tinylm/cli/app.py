"""The command group, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click
from click.exceptions import NoSuchCommand

from tinylm.cli import show
from tinylm.errors import EXIT_DONE, EXIT_USAGE, TargetError, TinylmError

#: command -> what it does; each is tinylm/cli/<command>.py, imported when it is used
COMMANDS = ("build", "flash", "test", "bench", "train", "import", "search", "eval", "run", "boards")
#: The one whose name Python keeps for itself.
_MODULES = {"import": "imports"}
_INTERRUPTED = 130


class _Commands(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def resolve_command(self, context: click.Context, arguments: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if arguments and arguments[0] not in COMMANDS:
            raise NoSuchCommand(arguments[0], possibilities=COMMANDS, ctx=context)
        return super().resolve_command(context, arguments)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"tinylm.cli.{_MODULES.get(name, name)}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="tinylm")
def cli() -> None:
    """tinylm puts tiny language models, and any int8 .tflite, on microcontrollers.

    \b
    The usual way:
      python -m tinylm boards                      which boards there are
      python -m tinylm build --board nrf52840      the shipped language model as firmware: ELF, HEX, BIN, UF2
      python -m tinylm test  --board nrf52840      the image in the embedded emulator, compared with TFLM bit for bit
      python -m tinylm run   --board nrf52840      talk to the model on the emulated device
      python -m tinylm eval  commands --set my.jsonl      how well it understands your sentences
      python -m tinylm build --board pico --model my.tflite      your own model

    Exit codes: 0 done, 1 the test failed, 2 wrong use or bad input, 3 something needed is missing.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        result = cli.main(args=list(arguments) if arguments is not None else None, prog_name="python -m tinylm", standalone_mode=False)
    except TinylmError as error:
        _say(f"error: {error}")
        if isinstance(error, TargetError) and error.transcript:
            show.transcript(error.transcript, error.log)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted: nothing half-written was left behind.")
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away: not our error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    return result if isinstance(result, int) else EXIT_DONE


def _say(text: str) -> None:
    print(text, file=sys.stderr)
