"""Recipes: what is accepted, and what the messages say."""

from pathlib import Path

import pytest

from tinylm import paths
from tinylm.errors import InputError
from tinylm.lm.recipe import load_recipe, smoke

GOOD = 'name = "x"\ntitle = "X"\nseed = 1\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["commands", "commands-int4", "commands-nano"])
def test_the_shipped_recipes_are_valid_and_name_their_bundles(name: str) -> None:
    recipe = load_recipe(paths.MODELS / name / "recipe.toml")
    assert recipe.name == name
    assert len(recipe.examples) >= 3
    assert recipe.home and (paths.MODELS / name / recipe.home).is_file()


def test_the_smoke_size_is_small_but_of_the_same_student(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, GOOD))
    assert smoke(recipe).student == recipe.student
    assert smoke(recipe).training.steps <= 100


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "[trainning]\nsteps = 1\n", "unknown key 'trainning'.*Did you mean 'training'"),
        (GOOD + "[training]\nstep = 1\n", "unknown key 'step' in training.*Did you mean 'steps'"),
        (GOOD + '[training]\nsteps = "many"\n', "key 'training.steps'"),
        (GOOD + "[training]\nsteps = -1\n", "key 'training.steps' is -1; it may be 0 to"),
        (GOOD + "[corpus]\nheldout_templates = 0.9\n", "key 'corpus.heldout_templates' is 0.9"),
        (GOOD + "[student]\nlayers = []\n", "needs a width"),
        (GOOD + "[student]\nlayers = [4096]\n", "student.layers"),
        (GOOD + "[training]\nlengths = [30, 20]\n", "rising lengths"),
        (GOOD + "[student]\nbits = 3\n", "student.bits is 3; it may be 1, 2, 4 or 8"),
        (GOOD + "[student]\nwindow = 40\n[training]\nlengths = [20, 44]\n", "44, beyond student.window, which is 40"),
        (GOOD + "accept = 1.5\n", "key 'accept' is 1.5; it may be 0.01 to 1"),
        (GOOD + "[teacher]\nweight = 0.5\n", "needs either 'recipe' or both"),
        (GOOD + 'start = "a.toml"\n[teacher]\nrecipe = "b.toml"\n', "both 'start' and"),
        (GOOD + '[teacher]\nrecipe = "b.toml"\ntemperature = 0\n', "key 'teacher.temperature' is 0"),
        (GOOD + "[prune]\nlayers = [64]\n", "prune.layers has 1 layers, the student 2"),
        (GOOD + "[prune]\nlayers = [64, 64]\n[student]\nranks = { head = 4 }\n", "give the ranks in .factorise"),
        (GOOD + "[factorise]\nenergy = 0.9\nsize = 9000\n", "needs one of ranks, energy and size"),
        (GOOD + "[sparsify]\nshare = 1.5\n", "key 'sparsify.share' is 1.5; it may be 0 to 0.99"),
        (GOOD + "[sparsify]\nshare = 0.5\n[quantise]\nbits = 1\n", "weights of one bit have no zero"),
        (GOOD + "[quantise]\nbits = 5\n", "quantise.bits is 5; it may be 1, 2, 4 or 8"),
        (GOOD + "[quantise]\n", "bits"),
        ('name = "x"\n', "title"),
        ("name = \n", "not valid TOML"),
    ],
)
def test_a_bad_recipe_is_refused_with_the_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe(written(tmp_path, text))


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        load_recipe(tmp_path / "nowhere.toml")
