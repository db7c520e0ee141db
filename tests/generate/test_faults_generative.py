"""What makes no sense with models that make rows is told when the file is checked."""

import pytest

GAN = "data: {name: mnist, fallback: stand_in, transforms: [rescale]}\nmodel: {name: gan}\n"
VAE = GAN.replace("gan", "vae")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GAN + "callbacks: [early_stopping]\n", "x.yaml:3: callbacks.0.monitor: no score is called 'val_loss'."),
        (GAN + "callbacks: [{name: early_stopping, monitor: loss}]\n", "no score is called 'loss'."),
        (
            GAN + "training: {metrics: [accuracy], loss: mse}\n",
            "training.metrics: gan has its own scores (d_loss, g_loss, real_accuracy, fake_accuracy, diversity)",
        ),
        (
            VAE + "training: {loss: mse}\n",
            "training.loss: vae has its own scores (loss, reconstruction_loss, kl_loss)",
        ),
        (VAE + "training: {class_weight: balanced}\n", "training.class_weight: vae has its own scores"),
        (GAN + "training: {phases: [{freeze: all, epochs: 1}]}\n", "gan has none"),
        (VAE + "callbacks: [collapse_alarm]\n", "no score is called 'diversity'."),
        (VAE + "callbacks: [{name: early_stopping, monitor: val_acc}]\n", "val_reconstruction_loss. Use one of these."),
        ("kind: [dream]\nnetwork: vgg16\n", "x.yaml:1: kind: there is no kind '['dream']'."),
        ("kind: dream\noctave_scale: 1.0e+20\n", "octave_scale: must be less than or equal to 10, got 1e+20."),
        (GAN.replace("gan", "dense") + "callbacks: [samples]\n", "samples needs a vae or gan"),
        (
            VAE.replace("{name: vae}", "{name: vae, encoder: [{filters: 8, stride: 2}, {filters: 8, stride: 4}]}"),
            "the decoder generates sides that are multiples of 8, the product of its strides, not 28",
        ),
        (
            GAN.replace("{name: gan}", "{name: gan, generator: {layers: [{filters: 8, stride: 3}]}}"),
            "the generator generates sides that are multiples of 3",
        ),
        (GAN.replace("fallback", "only: [eleven], fallback"), "x.yaml:1: data.only: there is no class 'eleven'."),
        (VAE.replace("fallback", "only: [1, 1], fallback"), "data.only: 'only' lists a class twice."),
        (
            "data: {name: mnist, only: [7], transforms: [{name: reshape, shape: [-1]}]}\nmodel: {name: dense}\n",
            "data.only: one class cannot be classified: name at least two.",
        ),
        ("data: {name: boston_housing, only: [a]}\nmodel: {name: dense}\n", "data.only: 'only' requires class labels"),
        (
            "data: {name: imdb, transforms: [pad]}\nmodel: {name: vae}\n",
            "generative models need rows of numbers",
        ),
    ],
)
def test_the_check_refuses(bench, text: str, message: str) -> None:
    status, out, err = bench.run("check", bench.write(text, "x.yaml"))
    assert status == 2
    assert message in out
    assert "Traceback" not in err


def test_a_text_shorter_than_its_window_is_refused_by_its_size(bench) -> None:
    (bench.folder / "short.txt").write_text("sixty characters are no more than a window of sixty takes..\n")
    path = bench.write("data: {name: language_model, path: short.txt}\nmodel: {name: rnn}\n", "x.yaml")
    status, out, _ = bench.run("check", path)
    assert status == 2
    assert "x.yaml:1: data: " in out
    assert "short.txt has 60 bytes; a window of 60 characters and its target need more." in out
    assert bench.run("check", path, "data.window=20")[0] == 0


def test_pictures_may_be_augmented_on_the_way_to_a_model_that_makes_them(bench) -> None:
    reshaped = "augmentation: {shift: 0.1}, transforms: [{name: reshape, shape: [28, 28, 1]}, rescale]"
    text = VAE.replace("transforms: [rescale]", reshaped)
    assert bench.run("check", bench.write(text, "x.yaml"))[0] == 0


@pytest.mark.parametrize("text", [GAN, VAE])
def test_models_that_make_rows_have_no_folds(bench, text: str) -> None:
    status, _, err = bench.run("kfold", bench.write(text, "x.yaml"))
    assert status == 2
    assert "x.yaml:2: model.name: folds compare predictions with targets" in err
    assert not (bench.folder / "runs").exists()
