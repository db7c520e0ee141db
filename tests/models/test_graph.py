"""Graphs are the networks that Keras' functional API makes from the same layers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import yaml
from every import rows_for
from keras import layers

from dlpy.core import keras_backend
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.lengths import ignores_padding
from dlpy.models.graph import Graph

pytestmark = pytest.mark.slow

NUMBER, BINARY = Output("regression"), Output("binary", 1, ("no", "yes"))


def graph(text: str) -> Graph:
    return Graph.model_validate({"name": "graph", **yaml.safe_load(text)})


def words(length: int | None, vocabulary: int) -> Input:
    return Input("sequence", (length,), vocabulary, padding="front")


def task(inputs: dict[str, Input], outputs: dict[str, Output]) -> Task:
    return Task(inputs, outputs)


def built(text: str, of: Task, seed: int = 3) -> Any:
    model = graph(text)
    model.check(of)
    keras.utils.set_random_seed(seed)
    return model.build(of)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(4).normal(size=shape).astype(np.float32)


def integers(high: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(5).integers(1, high, shape).astype(np.int32)


def same(ours: Any, theirs: Any, rows: Any) -> None:
    """Assert that weights and outputs are equal to the bit."""
    assert len(ours.weights) == len(theirs.weights)
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
    for mine, its in zip(keras.tree.flatten(ours(rows)), keras.tree.flatten(theirs(rows)), strict=True):
        np.testing.assert_array_equal(mine, its)


# The book's models (Chollet 2017, 7.1)

QUESTIONS = """
layers:
  text_code:     {layer: Embedding, output_dim: 64, of: text}
  text_read:     {layer: LSTM, units: 32}
  question_code: {layer: Embedding, output_dim: 32, of: question}
  question_read: {layer: LSTM, units: 16}
  joined:        {layer: Concatenate, of: [text_read, question_read]}
"""
POSTS = """
layers:
  code: {layer: Embedding, output_dim: 256}
  c1:   {layer: Conv1D, filters: 128, kernel_size: 5, activation: relu}
  p1:   {layer: MaxPooling1D, pool_size: 5}
  c2:   {layer: Conv1D, filters: 256, kernel_size: 5, activation: relu}
  c3:   {layer: Conv1D, filters: 256, kernel_size: 5, activation: relu}
  p2:   {layer: MaxPooling1D, pool_size: 5}
  c4:   {layer: Conv1D, filters: 256, kernel_size: 5, activation: relu}
  c5:   {layer: Conv1D, filters: 256, kernel_size: 5, activation: relu}
  top:  GlobalMaxPooling1D
  head: {layer: Dense, units: 128, activation: relu}
outputs: {age: head, income: head, gender: head}
"""
TWINS = """
layers:
  left_read:  {layer: LSTM, units: 32, of: left}
  right_read: {like: left_read, of: right}
  joined:     {layer: Concatenate, of: [left_read, right_read]}
"""
QUESTIONS_TASK = task(
    {"text": words(100, 10_000), "question": words(100, 10_000)}, {"answer": Output("multiclass", 500)}
)
POSTS_TASK = task({"posts": words(300, 50_000)}, {"age": NUMBER, "income": Output("multiclass", 10), "gender": BINARY})
TWINS_TASK = task({"left": Input("array", (None, 128)), "right": Input("array", (None, 128))}, {"same": BINARY})


def test_the_first_functional_model() -> None:
    text = """
layers:
  first:  {layer: Dense, units: 32, activation: relu}
  second: {layer: Dense, units: 32, activation: relu}
"""
    model = built(text, Task.single(Input("array", (64,)), Output("multiclass", 10)))
    assert model.count_params() == 3_466
    assert [layer.name for layer in model.layers] == ["input", "first", "second", "target"]


def test_two_inputs_answer_questions() -> None:
    model = built(QUESTIONS, QUESTIONS_TASK)
    assert model.count_params() == 1_000_052
    assert list(model.input) == ["text", "question"]
    assert model.output.shape == (None, 500)


def test_three_outputs_of_posts() -> None:
    model = built(POSTS, POSTS_TASK)
    assert model.count_params() == 14_146_316
    assert {name: tensor.shape for name, tensor in model.output.items()} == {
        "age": (None, 1), "income": (None, 10), "gender": (None, 1)
    }  # fmt: skip
    ends = [model.get_layer(name).activation.__name__ for name in ("age", "income", "gender")]
    assert ends == ["linear", "softmax", "sigmoid"]
    assert not isinstance(model.input, dict)


def test_twins_share_one_lstm() -> None:
    assert built(TWINS, TWINS_TASK).count_params() == 20_673


def test_two_cameras_share_a_family() -> None:
    text = """
layers:
  left_seen:  {family: pretrained, base: xception, weights: null, pooling: average, units: [], dropout: 0, of: left}
  right_seen: {like: left_seen, of: right}
  joined:     {layer: Concatenate, of: [left_seen, right_seen]}
"""
    image = Input("array", (71, 71, 3))
    model = built(text, task({"left": image, "right": image}, {"distance": NUMBER}))
    assert model.get_layer("left_seen").count_params() == 20_861_480  # Xception without its top, as in Keras' manual
    assert model.count_params() == 20_861_480 + 2 * 2048 + 1


INCEPTION = """
layers:
  a:      {layer: Conv2D, filters: 128, kernel_size: 1, strides: 2, activation: relu, padding: same, of: input}
  b1:     {layer: Conv2D, filters: 128, kernel_size: 1, activation: relu, padding: same, of: input}
  b2:     {layer: Conv2D, filters: 128, kernel_size: 3, strides: 2, activation: relu, padding: same}
  c1:     {layer: AveragePooling2D, pool_size: 3, strides: 2, padding: same, of: input}
  c2:     {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  d1:     {layer: Conv2D, filters: 128, kernel_size: 1, activation: relu, padding: same, of: input}
  d2:     {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  d3:     {layer: Conv2D, filters: 128, kernel_size: 3, strides: 2, activation: relu, padding: same}
  joined: {layer: Concatenate, of: [a, b2, c2, d3]}
  top:    GlobalAveragePooling2D
"""


def test_the_inception_module() -> None:
    model = built(INCEPTION, Task.single(Input("array", (32, 32, 3)), Output("multiclass", 10)))
    assert model.get_layer("joined").output.shape == (None, 16, 16, 512)
    # 3 x 128 + 128 three times; 128 x 9 x 128 + 128 three times; 3 x 9 x 128 + 128; 512 x 10 + 10
    assert model.count_params() == 3 * 512 + 3 * 147_584 + 3_584 + 5_130


def test_the_identity_residual() -> None:
    text = """
layers:
  y1:  {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  y2:  {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  y3:  {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  sum: {layer: Add, of: [y3, input]}
  top: GlobalAveragePooling2D
"""
    model = built(text, Task.single(Input("array", (8, 8, 128)), NUMBER))
    assert model.count_params() == 3 * 147_584 + 129


def test_the_linear_residual() -> None:
    text = """
layers:
  y1:       {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  y2:       {layer: Conv2D, filters: 128, kernel_size: 3, activation: relu, padding: same}
  y3:       {layer: MaxPooling2D, pool_size: 2, strides: 2}
  shortcut: {layer: Conv2D, filters: 128, kernel_size: 1, strides: 2, padding: same, of: input}
  sum:      {layer: Add, of: [y3, shortcut]}
  top:      GlobalAveragePooling2D
"""
    model = built(text, Task.single(Input("array", (8, 8, 64)), NUMBER))
    assert model.count_params() == (64 * 9 + 128 * 9) * 128 + 256 + 64 * 128 + 128 + 129


# Equal to Keras, to the bit


def test_a_graph_has_the_weights_and_outputs_of_the_functional_model() -> None:
    ours = built(QUESTIONS, QUESTIONS_TASK)
    keras.utils.set_random_seed(3)
    text, question = (keras.Input((100,), dtype="int32", name=name) for name in ("text", "question"))
    x = layers.Embedding(10_000, 64)(text)
    x = layers.LSTM(32)(x)
    y = layers.Embedding(10_000, 32)(question)
    y = layers.LSTM(16)(y)
    answer = layers.Dense(500, activation="softmax")(layers.Concatenate()([x, y]))
    theirs = keras.Model({"text": text, "question": question}, answer)
    same(ours, theirs, {"text": integers(10_000, 4, 100), "question": integers(10_000, 4, 100)})


def test_several_outputs_are_made_last_in_the_order_of_the_task() -> None:
    ours = built(POSTS.replace("{age: head, income: head, gender: head}", "{gender: head, age: head, income: top}"),
                 POSTS_TASK)  # fmt: skip
    keras.utils.set_random_seed(3)
    posts = keras.Input((300,), dtype="int32")
    x = layers.Embedding(50_000, 256)(posts)
    for filters in ([128], [256, 256], [256, 256]):
        if filters != [128]:
            x = layers.MaxPooling1D(5)(x)
        for size in filters:
            x = layers.Conv1D(size, 5, activation="relu")(x)
    top = layers.GlobalMaxPooling1D()(x)
    head = layers.Dense(128, activation="relu")(top)
    ends = {
        "age": layers.Dense(1)(head),
        "income": layers.Dense(10, activation="softmax")(top),
        "gender": layers.Dense(1, activation="sigmoid")(head),
    }
    same(ours, keras.Model(posts, ends), integers(50_000, 2, 300))


def test_options_of_all_sorts_reach_keras() -> None:
    text = """
layers:
  conv:  {layer: Conv1D, filters: 4, kernel_size: 3, kernel_initializer: {name: he_normal, seed: 2},
          kernel_regularizer: {l2: 0.01}, bias_constraint: max_norm}
  both:  {layer: Bidirectional, merge_mode: sum, wrapped: {layer: GRU, units: 5, return_sequences: true}}
  each:  {layer: TimeDistributed, wrapped: {layer: Dense, units: 3}}
  look:  {layer: MultiHeadAttention, num_heads: 2, key_dim: 3, use_causal_mask: true, of: [each, each]}
  again: {layer: Attention, of: [look, each, each]}
  flat:  {layer: Reshape, target_shape: [-1]}
"""
    ours = built(text, Task.single(Input("array", (9, 2)), NUMBER))
    keras.utils.set_random_seed(3)
    inputs = keras.Input((9, 2))
    x = layers.Conv1D(
        4, 3, kernel_initializer=keras.initializers.HeNormal(seed=2), kernel_regularizer=keras.regularizers.L2(0.01),
        bias_constraint="max_norm",
    )(inputs)  # fmt: skip
    x = layers.Bidirectional(layers.GRU(5, return_sequences=True), merge_mode="sum")(x)
    x = each = layers.TimeDistributed(layers.Dense(3))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x = layers.Attention()([x, each, each])
    theirs = keras.Model(inputs, layers.Dense(1)(layers.Reshape((-1,))(x)))
    same(ours, theirs, numbers(3, 9, 2))
    assert float(ours.losses[0]) == float(theirs.losses[0]) > 0
    assert isinstance(ours.get_layer("conv").bias_constraint, keras.constraints.MaxNorm)


def test_a_graph_with_one_input_and_one_output_trains_as_the_functional_model() -> None:
    of = Task.single(Input("array", (6,)), NUMBER)
    ours = built("layers: {hidden: {layer: Dense, units: 4, activation: tanh}}", of)
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, activation="tanh")(inputs)
    theirs = keras.Model(inputs, layers.Dense(1)(hidden))
    x, y = numbers(32, 6), numbers(32, 1)
    for model in (ours, theirs):
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    same(ours, theirs, x)


# Sharing


def test_two_branches_have_one_set_of_weights_and_their_gradients_are_summed() -> None:
    import tensorflow as tf

    text = """
layers:
  left_code:  {layer: Dense, units: 3, activation: tanh, of: left}
  right_code: {like: left_code, of: right}
  sum:        {layer: Add, of: [left_code, right_code]}
"""
    given = Input("array", (4,))
    model = built(text, task({"left": given, "right": given}, {"y": NUMBER}))
    assert [variable.path for variable in model.trainable_variables] == [
        "left_code/kernel", "left_code/bias", "y/kernel", "y/bias"
    ]  # fmt: skip
    rows = {"left": numbers(5, 4), "right": numbers(5, 4) ** 2}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(rows))
    found = tape.gradient(loss, model.trainable_variables[0])
    kernel, bias, top = (variable.numpy() for variable in model.trainable_variables[:3])
    wanted = np.zeros_like(kernel)
    for x in rows.values():  # d sum(tanh(xW + b) v) / dW, by hand
        wanted += x.T @ ((1 - np.tanh(x @ kernel + bias) ** 2) * top.T)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_shared_embedding_has_the_larger_vocabulary() -> None:
    text = """
layers:
  code:  {layer: Embedding, output_dim: 3, of: left}
  other: {like: code, of: right}
  read:  {layer: GlobalAveragePooling1D, of: code}
  again: {like: read, of: other}
  sum:   {layer: Add, of: [read, again]}
"""
    model = built(text, task({"left": words(5, 100), "right": words(7, 200)}, {"y": NUMBER}))
    assert model.get_layer("code").input_dim == 200


# Families as blocks


def test_a_family_is_a_block_without_its_last_layer() -> None:
    text = """
layers:
  seen:  {family: convnet, filters: [4], units: [5], of: photo}
  heard: {family: rnn, units: 3, embedding: 2, of: words}
  facts_code: {family: dense, units: [7], of: facts}
  joined: {layer: Concatenate, of: [seen, heard, facts_code]}
"""
    of = task({"photo": Input("array", (8, 8, 3)), "words": words(6, 20), "facts": Input("array", (4,))}, {"y": BINARY})
    model = built(text, of)
    assert [model.get_layer(name).output_shape[1:] for name in ("seen", "heard", "facts_code")] == [(5,), (3,), (7,)]
    assert model.get_layer("joined").output.shape == (None, 15)
    rows = {"photo": numbers(2, 8, 8, 3), "words": integers(20, 2, 6), "facts": numbers(2, 4)}
    assert model(rows).shape == (2, 1)


def test_the_options_of_blocks_are_written_out_and_mean_the_same() -> None:
    of = Task.single(Input("array", (8, 8, 3)), BINARY)
    model = graph("layers: {seen: {family: convnet, filters: [4], units: [5]}}")
    resolved = model.resolved(of)
    assert resolved.layers["seen"]["kernel"] == 3
    again = Graph.model_validate(resolved.model_dump())
    keras.utils.set_random_seed(3)
    first = model.build(of)
    keras.utils.set_random_seed(3)
    same(first, again.build(of), numbers(2, 8, 8, 3))


def test_masks_flow_through_layers_and_blocks() -> None:
    text = """
layers:
  code: {layer: Embedding, output_dim: 4, mask_zero: true, of: words}
  mix:  {layer: Dense, units: 4}
  read: {layer: LSTM, units: 3}
  block: {family: rnn, units: 3, embedding: 4, of: words}
  joined: {layer: Concatenate, of: [read, block]}
"""
    model = built(text, Task({"words": Input("sequence", (8,), 20, padding="back")}, {"target": NUMBER}))
    short = np.array([[3, 4, 5, 0, 0, 0, 0, 0]], np.int32)
    code = model.get_layer("code")(short[:, :3])
    wanted = model.get_layer("read")(model.get_layer("mix")(code))
    read = keras.Model(model.input, model.get_layer("read").output)
    np.testing.assert_allclose(read(short), wanted, rtol=1e-5)
    block = model.get_layer("block")
    np.testing.assert_allclose(block(short), block(short[:, :3]), rtol=1e-5)


@pytest.mark.parametrize(
    ("layers_of", "length"),
    [
        ("code: {layer: Embedding, output_dim: 4, mask_zero: true}\n  read: {layer: LSTM, units: 3}", None),
        ("code: {layer: Embedding, output_dim: 4, mask_zero: true}\n  mean: GlobalAveragePooling1D", None),
        ("block: {family: rnn, units: 3}", None),
        ("code: {layer: Embedding, output_dim: 4}\n  read: {layer: LSTM, units: 3}", 8),
        ("code: {layer: Embedding, output_dim: 4, mask_zero: true}\n  flat: Flatten", 8),
        ("code: {layer: Embedding, output_dim: 4, mask_zero: true}\n  top: GlobalMaxPooling1D", 8),
        ("block: {family: conv1d, filters: [4], kernel: 3}", 8),
    ],
)
def test_rows_may_have_any_length_where_masks_skip_their_padding(layers_of: str, length: int | None) -> None:
    of = Task({"words": Input("sequence", (8,), 20, padding="back")}, {"target": NUMBER})
    model = built(f"layers:\n  {layers_of}", of)
    assert model.inputs[0].shape == (None, length)
    if length is None:
        assert ignores_padding(model, rows_for(of), "input")


def test_sparse_rows_go_into_dense_layers() -> None:
    of = Task.single(Input("sparse", (30,)), NUMBER)
    model = built("layers: {hidden: {layer: Dense, units: 4, activation: relu}}", of)
    assert model.count_params() == 30 * 4 + 4 + 5
    assert model.input.sparse


def test_a_graph_within_a_graph_is_a_block() -> None:
    text = """
layers:
  inner: {family: graph, layers: {a: {layer: Dense, units: 3}, b: {layer: Dense, units: 2}}, of: facts}
  outer: {layer: Dense, units: 4}
"""
    model = built(text, task({"facts": Input("array", (5,))}, {"y": NUMBER}))
    assert model.get_layer("inner").count_params() == 5 * 3 + 3 + 3 * 2 + 2
    assert model.get_layer("inner").output_shape == (None, 2)


def test_a_pretrained_block_gets_its_weights_from_its_file(tmp_path) -> None:
    keras_backend.start()
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path / "base.weights.h5"
    base.save_weights(path)
    text = f"""
layers:
  seen: {{family: pretrained, base: mobilenet_v2, weights: {path}, pooling: average, units: [], dropout: 0}}
"""
    of = Task.single(Input("array", (32, 32, 3)), NUMBER)
    model = graph(text)
    assert model.outside_files() == {"model.layers.seen.weights": path}
    network = built(text, of)
    model.initialize(network)
    wanted = {weight.path.partition("/")[2]: weight.numpy() for weight in base.weights}
    kept = network.get_layer("seen").weights
    np.testing.assert_array_equal(kept[0], base.weights[0])
    assert len(kept) == len(wanted) or len(kept) == len(base.weights)
    assert network.trainable_variables == network.get_layer("target").trainable_variables  # frozen by default


def test_a_graph_learns_through_the_engine() -> None:
    of = Task.single(Input("array", (6,)), NUMBER)
    model = built("layers: {a: {layer: Dense, units: 8, activation: relu}, b: {layer: Add, of: [a, a]}}", of)
    model.compile(keras.optimizers.RMSprop(0.01), "mse")
    engine, rows = Engine(model), rows_for(of)
    before = engine.evaluate(rows, 8)["loss"]
    engine.fit(rows, None, Plan(8, 8, 0), [])
    assert engine.evaluate(rows, 8)["loss"] < before
