import numpy as np
import pytest

from dlpy.drawing.figures import draw, style
from dlpy.plots.wrongest import Wrongest, displayable


def test_pictures_tell_both_classes_and_what_the_model_gave_them(make_run):
    files = make_run().task("multiclass", 3, ["coat", "bag", "$hoe_"])
    prediction = np.array([[0.02, 0.08, 0.9], [0.7, 0.25, 0.05]])
    files.wrongest(np.zeros((2, 28, 28), np.uint8), [0, 1], prediction, "test")
    with style():
        (axes,) = Wrongest().draw([files.run])["test"].axes
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["true coat (0.020)\npredicted $hoe_ (0.900)", "true bag (0.250)\npredicted coat (0.700)"]


def test_cells_lie_inside_the_axes_and_apart(make_run):
    prediction = np.tile([0.1, 0.9], (25, 1))
    files = make_run().task("multiclass", 2).wrongest(np.ones((25, 20, 30, 3)), [0] * 25, prediction, "validation")
    with style():
        (axes,) = Wrongest().draw([files.run])["validation"].axes
    boxes = [image.get_extent() for image in axes.images]
    assert len(boxes) == 25
    left, right, bottom, top = boxes[7]
    assert (left, right) == pytest.approx((2.02, 2.98))
    assert (bottom - top) / (right - left) == pytest.approx(20 / 30)
    assert max(box[2] for box in boxes) <= axes.get_ylim()[0]
    assert draw([files.run], None, files.run.plots)[0].name == "wrongest-validation.png"


def test_pictures_from_files_are_named(make_run):
    files = make_run().task("multiclass", 2, ["cat", "dog"])
    files.wrongest(np.zeros((2, 8, 8, 3), np.uint8), [0, 1], np.array([[0.1, 0.9], [0.8, 0.2]]), "test")
    path = files.run.path / "samples" / "wrongest-test.npz"
    np.savez(path, **np.load(path), name=np.array(["cats/1.jpg", f"dogs/{'long' * 20}.png"]))
    with style():
        (axes,) = Wrongest().draw([files.run])["test"].axes
    first, second = (text.get_text().splitlines() for text in axes.texts)
    assert first == ["true cat (0.100)", "predicted dog (0.900)", "1.jpg"]
    assert second[2] == "longlonglonglongl…long.png"
    assert axes.texts[0].get_position()[1] > axes.get_ylim()[1] + 0.3  # three lines fit above the picture


def test_each_video_is_a_row_of_frames(make_run):
    videos = np.zeros((12, 6, 10, 20, 1), np.uint8)
    files = make_run().task("multiclass", 2, ["left", "right"])
    files.wrongest(videos, [0] * 12, np.tile([0.1, 0.9], (12, 1)), "test")
    with style():
        axes = Wrongest().draw([files.run])["test"].axes
    assert len(axes) == 10
    assert axes[0].get_title(loc="left") == "true left (0.100), predicted right (0.900)"
    assert axes[0].images[0].get_array().shape == (10, 6 * 20 + 5)


def test_run_without_mistakes_has_no_such_plot(make_run, draw_parts):
    files = make_run().wrongest(np.zeros((0, 28, 28), np.uint8), [], np.zeros((0, 10)), "test")
    assert draw_parts("wrongest", files.run) == []


IMAGES = {
    "bytes": (np.full((2, 2), 51, np.uint8), 0.2),
    "numbers like bytes": (np.full((2, 2), 51.0), 0.2),
    "between 0 and 1": (np.full((2, 2), 0.3), 0.3),
    "standardised": (np.array([[-2.0, 2.0], [0.0, 0.0]]), 0.5),
}


@pytest.mark.parametrize(("image", "expected"), IMAGES.values(), ids=IMAGES.keys())
def test_pictures_of_any_range_are_shown(image, expected):
    assert displayable(image)[1, 1] == pytest.approx(expected)
    assert displayable(np.stack([image] * 3, axis=-1)).shape == (2, 2, 3)
    assert displayable(image[..., None]).shape == (2, 2)
