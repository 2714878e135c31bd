"""The command line of Loam: `python loam.py --help` lists the commands."""

import typer

app = typer.Typer(help="Loam, the credit desk for small shops.", no_args_is_help=True, add_completion=False)


@app.command("settings")
def print_settings() -> None:
    """Print every setting with its value and what it means."""
    from settings import Settings, settings

    values = settings()
    for name, field in Settings.model_fields.items():
        print(f"LOAM_{name.upper()}={getattr(values, name)}\n    {field.description}")


if __name__ == "__main__":
    app()
