"""`corpuspress` and `python -m corpuspress`: the command line."""


def main() -> None:
    """Run the command line."""
    from .cli import main as run  # here, since each worker imports what its build began with

    run(prog_name="corpuspress")


if __name__ == "__main__":
    main()
