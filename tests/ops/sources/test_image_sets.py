"""Well-known data sets in their own formats, made small, and folders of image files."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import graphnet.ops  # noqa: F401 - registers the sources
from graphnet.core.diagnostics import RunError, SpecError
from graphnet.core.types import TensorType
from graphnet.ir.data import Demand, LateArray, Slot
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families import pictures

RNG = np.random.default_rng(3)
LABEL = Slot("label", TensorType.batched(dtype="int32"), "classes", 100)


def demand(*shape: int, target: Slot | None = LABEL) -> Demand:
    return Demand((Slot("image", TensorType.batched(*shape)),), (target,) if target else ())


def load(name: str, wanted: Demand, folder: Path, **settings: Any) -> dict[str, np.ndarray]:
    """The arrays of a source, read whole."""
    arrays = SOURCES[name](**settings).load(wanted, folder)
    assert all(len(array) == len(arrays["image"]) for array in arrays.values())
    for slot in wanted.slots:
        assert arrays[slot.name].shape[1:] == slot.type.sample_shape
    return {name: array[np.arange(len(array))] for name, array in arrays.items()}


# -- MNIST and Fashion-MNIST -------------------------------------------------------------------------------------


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


DIGITS = {"train": RNG.integers(0, 256, (13, 28, 28), np.uint8), "test": RNG.integers(0, 256, (5, 28, 28), np.uint8)}
CLASSES = {"train": np.arange(13, dtype=np.uint8) % 10, "test": np.arange(5, dtype=np.uint8)}


def write_mnist(folder: Path, pack: Callable[[bytes], bytes], ending: str) -> None:
    folder.mkdir(exist_ok=True)
    for split, prefix in (("train", "train"), ("test", "t10k")):
        (folder / f"{prefix}-images-idx3-ubyte{ending}").write_bytes(pack(idx(DIGITS[split])))
        (folder / f"{prefix}-labels-idx1-ubyte{ending}").write_bytes(pack(idx(CLASSES[split])))


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize(
    ("pack", "ending"), [(gzip.compress, ".gz"), (bytes, ""), (gzip.compress, ""), (bytes, ".gz")],
    ids=["gz", "plain", "gz without ending", "plain with ending"],
)  # fmt: skip
def test_idx_files_are_read_compressed_or_not(
    name: str, pack: Callable[[bytes], bytes], ending: str, tmp_path: Path
) -> None:
    write_mnist(tmp_path / "files", pack, ending)
    for split in ("train", "test"):
        arrays = load(name, demand(1, 28, 28), tmp_path, path="files", split=split)
        np.testing.assert_allclose(arrays["image"][:, 0], DIGITS[split] / 255, rtol=1e-6)
        np.testing.assert_array_equal(arrays["label"], CLASSES[split])
        assert (arrays["image"].dtype, arrays["label"].dtype) == (np.float32, np.int32)


def test_images_may_be_larger_or_flat(tmp_path: Path) -> None:
    write_mnist(tmp_path, bytes, "")
    flat = load("mnist", demand(784), tmp_path, path=".")["image"]
    np.testing.assert_allclose(flat, DIGITS["train"].reshape(13, 784) / 255, rtol=1e-6)
    large = load("mnist", demand(1, 32, 32), tmp_path, path=".")["image"]
    np.testing.assert_array_equal(large[:, 0, 2:30, 2:30], flat.reshape(13, 28, 28))
    assert not large[:, 0, :2].any()
    with pytest.raises(SpecError, match="mnist cannot feed input 'image'"):
        load("mnist", demand(1, 27, 28), tmp_path, path=".")


def test_data_sets_lie_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHNET_DATA_DIR", str(tmp_path))
    write_mnist(tmp_path / "fashion_mnist", bytes, "")
    assert len(load("fashion_mnist", demand(784), Path("elsewhere"))["image"]) == 13
    with pytest.raises(RunError, match=r"`graphnet data mnist` downloads mnist \(12 MB\), or `path` says"):
        load("mnist", demand(784), Path("elsewhere"))


def test_the_test_split_is_set_apart(tmp_path: Path) -> None:
    for name in ("mnist", "fashion_mnist", "cifar10", "cifar100"):
        source = SOURCES[name](path="here")
        test = source.part("test", tmp_path)
        assert (test.name, test.path, test.split) == (name, "here", "test")
        assert source.part("validation", tmp_path) is test.part("test", tmp_path) is None


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("train-images-idx3-ubyte", idx(DIGITS["train"])[:-1], "is not whole: it has 10191 bytes of 10192"),
        ("train-images-idx3-ubyte", idx(DIGITS["train"])[:9], "is no IDX file of bytes with 3 axes"),
        ("train-images-idx3-ubyte", gzip.compress(idx(DIGITS["train"]))[:-9], "cannot read .*train-images"),
        ("train-images-idx3-ubyte", b"\x1f\x8bnonsense", "cannot read .*train-images"),
        ("train-labels-idx1-ubyte", idx(DIGITS["train"]), "is no IDX file of bytes with 1 axes"),
        ("train-labels-idx1-ubyte", idx(CLASSES["test"]), "has 13 images, but .* has 5 labels"),
        ("train-labels-idx1-ubyte", None, "there is no train-labels-idx1-ubyte.gz in"),
    ],
)
def test_damaged_idx_files_are_refused(file: str, content: bytes | None, words: str, tmp_path: Path) -> None:
    write_mnist(tmp_path, bytes, "")
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(RunError, match=words):
        load("mnist", demand(784), tmp_path, path=".")


# -- CIFAR -------------------------------------------------------------------------------------------------------


def records(count: int, labels: int) -> np.ndarray:
    return np.concatenate([RNG.integers(0, 10, (count, labels)), RNG.integers(0, 256, (count, 3072))], axis=1)


@pytest.mark.parametrize("subfolder", ["", "cifar-10-batches-bin"])
def test_cifar10_is_read_from_its_batches(subfolder: str, tmp_path: Path) -> None:
    parts = [records(count, 1) for count in (3, 2, 5, 1, 4)]
    (tmp_path / subfolder).mkdir(exist_ok=True)
    for number, part in enumerate(parts, start=1):
        part.astype(np.uint8).tofile(tmp_path / subfolder / f"data_batch_{number}.bin")
    test = records(7, 1)
    test.astype(np.uint8).tofile(tmp_path / subfolder / "test_batch.bin")
    for split, expected in (("train", np.concatenate(parts)), ("test", test)):
        arrays = load("cifar10", demand(3, 32, 32), tmp_path, path=".", split=split)
        np.testing.assert_array_equal(arrays["label"], expected[:, 0])
        pixels = expected[:, 1:].reshape(-1, 3, 32, 32)
        np.testing.assert_allclose(arrays["image"], pixels / 255, rtol=1e-6)
    large = load("cifar10", demand(3, 35, 70), tmp_path, path=".")["image"]
    np.testing.assert_allclose(
        large[:, :, 1:33, 19:51] * 255, np.concatenate(parts)[:, 1:].reshape(-1, 3, 32, 32), atol=1e-3
    )
    with pytest.raises(SpecError, match="cifar10 cannot feed input 'image'"):
        load("cifar10", demand(1, 32, 32), tmp_path, path=".")


def test_cifar100_has_fine_and_coarse_classes(tmp_path: Path) -> None:
    train = records(9, 2)
    train.astype(np.uint8).tofile(tmp_path / "train.bin")
    for labels, column in (("coarse", 0), ("fine", 1)):
        arrays = load("cifar100", demand(3072), tmp_path, path=".", labels=labels)
        np.testing.assert_array_equal(arrays["label"], train[:, column])
        np.testing.assert_allclose(arrays["image"], train[:, 2:] / 255, rtol=1e-6)
    with pytest.raises(RunError, match=r"there is no test.bin in .*`graphnet data cifar100`"):
        load("cifar100", demand(3072), tmp_path, path=".", split="test")
    for content in (b"", bytes(3074 * 2 - 1)):
        (tmp_path / "test.bin").write_bytes(content)
        with pytest.raises(RunError, match="is not whole"):
            load("cifar100", demand(3072), tmp_path, path=".", split="test")


# -- folders of images -------------------------------------------------------------------------------------------


def picture(path: Path, height: int, width: int, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), colour).save(path)


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    for name, colour in (("tulip", RED), ("aster", GREEN), ("rose", BLUE)):
        for number in range(3):
            picture(tmp_path / "flowers" / name / f"{number}.png", 9 + number, 7, colour)
    picture(tmp_path / "flowers" / "rose" / "more" / "deep.JPG", 9, 9, BLUE)
    (tmp_path / "flowers" / "rose" / "notes.txt").write_text("no image")
    picture(tmp_path / "flowers" / ".trash" / "1.png", 9, 9, RED)
    return tmp_path


def test_classes_are_the_folders_in_alphabetical_order(flowers: Path) -> None:
    arrays = load("folder", demand(3, 6, 5), flowers, path="flowers")
    assert arrays["label"].tolist() == [0] * 3 + [1] * 4 + [2] * 3
    assert (arrays["image"].dtype, arrays["label"].dtype) == (np.float32, np.int32)
    np.testing.assert_allclose(arrays["image"].mean(axis=(2, 3)), np.eye(3)[[1] * 3 + [2] * 4 + [0] * 3], atol=0.02)
    grey = load("folder", demand(1, 6, 5, target=None), flowers, path="flowers")["image"]
    np.testing.assert_allclose(grey[[0, 4, 9], 0, 0, 0], [0.587, 0.114, 0.299], atol=0.02)


@pytest.mark.parametrize("kept", [0, pictures._KEPT])
def test_images_cover_the_input_and_are_cut_in_the_middle(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_KEPT", kept)
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 20:60] = RNG.integers(0, 256, (40, 40, 3))
    (tmp_path / "all" / "one").mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "all" / "one" / "wide.png")
    images = SOURCES["folder"](path="all").load(demand(3, 40, 40), tmp_path)["image"]
    assert isinstance(images, LateArray)
    for _ in range(2):
        np.testing.assert_allclose(images[np.array([0])][0], pixels[:, 20:60].transpose(2, 0, 1) / 255, rtol=1e-6)
    half = load("folder", demand(3, 20, 20), tmp_path, path="all")["image"][0]
    weights = np.zeros((20, 40))  # a triangle as wide as two pixels of the result, so that none is left out
    for row, line in enumerate(weights):
        for tap, weight in enumerate((1, 3, 3, 1)):
            if 0 <= 2 * row - 1 + tap < 40:
                line[2 * row - 1 + tap] = weight
    weights /= weights.sum(axis=1, keepdims=True)
    expected = weights @ pixels[:, 20:60].transpose(2, 0, 1) @ weights.T / 255
    np.testing.assert_allclose(half[:, :, 1:-1], expected[:, :, 1:-1], atol=1.6 / 255)


def test_a_camera_may_have_been_held_sideways(tmp_path: Path) -> None:
    path = tmp_path / "all" / "one" / "turned.png"
    path.parent.mkdir(parents=True)
    pixels = RNG.integers(0, 256, (6, 6, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    Image.fromarray(pixels).save(path, exif=exif)
    shown = load("folder", demand(3, 6, 6), tmp_path, path="all")["image"][0]
    np.testing.assert_allclose(shown, np.rot90(pixels, -1).transpose(2, 0, 1) / 255, rtol=1e-6)


def test_splits_have_folders_of_their_own(flowers: Path) -> None:
    for split, count in (("train", 4), ("val", 2), ("test", 1)):
        for number in range(count):
            picture(flowers / "sets" / split / "b" / f"{number}.png", 5, 5, RED)
    picture(flowers / "sets" / "train" / "a" / "0.png", 5, 5, RED)
    source = SOURCES["folder"](path="sets")
    assert load("folder", demand(3, 4, 4), flowers, path="sets")["label"].tolist() == [0, 1, 1, 1, 1]
    for purpose, count in (("validation", 2), ("test", 1)):
        part = source.part(purpose, flowers)
        assert part.split == purpose
        assert part.load(demand(3, 4, 4), flowers)["label"].tolist() == [1] * count
        assert SOURCES["folder"](path="flowers").part(purpose, flowers) is None


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for name in ("bus", "train"):
        picture(tmp_path / name / "1.png", 5, 5, RED)
    assert load("folder", demand(3, 4, 4), tmp_path, path=".")["label"].tolist() == [0, 1]


def test_broken_folders_are_refused(flowers: Path) -> None:
    (flowers / "empty" / "one").mkdir(parents=True)
    picture(flowers / "more" / "train" / "a" / "0.png", 5, 5, RED)
    picture(flowers / "more" / "test" / "b" / "0.png", 5, 5, RED)
    for path, split, words in [
        ("none", "train", "there is no folder"),
        ("empty", "train", "holds no images"),
        ("flowers", "test", "has no folder 'test'"),
        ("more", "test", "class 'b' that the training images lack"),
    ]:
        with pytest.raises(RunError, match=words):
            load("folder", demand(3, 4, 4), flowers, path=path, split=split)
    whole = (flowers / "flowers" / "rose" / "1.png").read_bytes()
    (flowers / "flowers" / "rose" / "1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match=r"cannot read the image .*rose/1\.png"):
        load("folder", demand(3, 4, 4), flowers, path="flowers")
    for shape in ((2, 4, 4), (48,)):
        with pytest.raises(SpecError, match="image files cannot feed input 'image'"):
            load("folder", demand(*shape), flowers, path="flowers")
    few = Slot("label", TensorType.batched(dtype="int32"), "classes", 2)
    with pytest.raises(SpecError, match="let the last layer have 3 outputs"):
        load("folder", demand(3, 4, 4, target=few), flowers, path="flowers")


def test_without_pillow_the_extra_is_named(flowers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "Image", None)
    with pytest.raises(RunError, match=r'pip install "graphnet\[images\]"'):
        load("folder", demand(3, 4, 4), flowers, path="flowers")
