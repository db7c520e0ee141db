import numpy as np
import pytest
import tensorflow as tf

from dlpy.artworks.loss_terms import activity, content_distance, gram_matrix, style_distance, total_variation
from dlpy.artworks.octaves import lost_detail, octave_sizes, resized

pytestmark = pytest.mark.slow  # imports Keras


def test_a_picture_of_350_pixels_goes_through_the_books_octaves() -> None:
    assert octave_sizes((350, 350), 3, 1.4) == [(178, 178), (250, 250), (350, 350)]
    assert octave_sizes((350, 467), 1, 1.4) == [(350, 467)]


def test_lost_detail_is_what_is_missing_from_a_picture_made_small_and_large_again() -> None:
    rng = np.random.default_rng(0)
    picture = rng.uniform(0, 255, (12, 16, 3)).astype(np.float32)
    small_and_large = resized(resized(picture, (6, 8)), (12, 16))
    lost = lost_detail(picture, (6, 8), (12, 16))
    np.testing.assert_allclose(small_and_large + lost, picture, atol=1e-4)
    assert np.abs(lost).mean() > 20
    assert not lost_detail(picture, (12, 16), (12, 16)).any()
    flat = np.full((12, 16, 3), 80, np.float32)
    np.testing.assert_allclose(lost_detail(flat, (6, 8), (12, 16)), 0, atol=1e-4)


def test_activity_is_the_sum_of_squares_away_from_the_border_divided_by_all_numbers() -> None:
    maps = np.full((1, 6, 7, 2), 3, np.float32)
    assert float(activity(tf.constant(maps))) == pytest.approx(9 * (2 * 3 * 2) / (6 * 7 * 2))
    maps[:, :2] = maps[:, :, :2] = maps[:, -2:] = maps[:, :, -2:] = 100
    assert float(activity(tf.constant(maps))) == pytest.approx(9 * 12 / 84)


def test_small_maps_still_count_in_the_middle() -> None:
    maps = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    assert float(activity(tf.constant(maps))) == pytest.approx(4**2 / 9)
    assert float(activity(tf.constant(maps[:, :1, :1] + 5))) == 25


def test_the_gram_matrix_sums_products_of_channels() -> None:
    maps = tf.constant([[[[1.0, 2.0], [3.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]]]])
    np.testing.assert_array_equal(gram_matrix(maps), [[11, 3], [3, 6]])


def test_distances_by_hand() -> None:
    first, second = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[1.0, 0.0], [0.0, 4.0]])
    assert float(content_distance(first, second)) == 4 + 9
    assert float(style_distance(first, second, pixels=2)) == pytest.approx(13 / (4 * 9 * 4))


def test_total_variation_by_hand() -> None:
    picture = tf.constant(np.array([[0, 3, 9], [4, 0, 9], [1, 1, 1]], np.float32)[None, ..., None])
    by_hand = (16 + 9) ** 1.25 + (9 + 36) ** 1.25 + (9 + 16) ** 1.25 + (1 + 81) ** 1.25
    assert float(total_variation(picture, 1.25)) == pytest.approx(by_hand, rel=1e-6)
