"""A picture that is nobody's: a balloon over hills, drawn."""

import math

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 960, 720


def mix(first, second, share):
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second))


def sky():
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    for row in range(HEIGHT):
        draw.line([(0, row), (WIDTH, row)], fill=mix((86, 142, 205), (238, 222, 200), min(1, row / 560)))
    clouds = Image.new("L", picture.size)
    draw = ImageDraw.Draw(clouds)
    for x, y, size in [(130, 190, 60), (190, 170, 80), (260, 195, 55), (760, 110, 50), (820, 95, 70), (890, 120, 50)]:
        draw.ellipse([x - size, y - size * 0.5, x + size, y + size * 0.5], fill=150)
    picture.paste((255, 252, 246), mask=clouds.filter(ImageFilter.GaussianBlur(18)))
    return picture


def hills(picture):
    layers = [((150, 170, 178), 560, 36, 1.1, 0.3), ((108, 140, 120), 610, 30, 1.7, 2.0), ((70, 104, 70), 660, 24, 2.3, 4.0)]
    for colour, level, rise, waves, phase in layers:
        edge = [
            (x, level - rise * math.sin(phase + waves * math.tau * x / WIDTH) - 0.4 * rise * math.sin(3 * x / 97))
            for x in range(WIDTH + 1)
        ]
        ImageDraw.Draw(picture).polygon(edge + [(WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)


def envelope(y):
    """Half the balloon's width at a height, -1 at the top and 1 at the mouth."""
    if y < 0:
        return math.sqrt(max(0, 1 - y * y))
    return 0.14 + 0.86 * math.cos(y * math.pi / 2) ** 0.9


def balloon(picture, x, y, size):
    colours = [(200, 60, 44), (243, 178, 58), (240, 232, 214), (38, 92, 128)]
    pixels = picture.load()
    for row in range(-size, size + 1):
        half = envelope(row / size) * size * 0.92
        for column in range(-round(half), round(half) + 1):
            turn = math.asin(max(-1, min(1, column / max(half, 1))))
            colour = colours[int((turn / math.pi + 0.5) * 12) % len(colours)]
            light = 0.72 + 0.34 * math.cos(turn + 0.55) * (1 - 0.25 * (row / size + 1))
            pixels[x + column, y + row] = tuple(min(255, round(value * light)) for value in colour)
    draw = ImageDraw.Draw(picture)
    mouth, basket = y + size, y + round(size * 1.36)
    for side in (-1, 1):
        draw.line([(x + side * size * 0.11, mouth), (x + side * size * 0.09, basket)], fill=(70, 56, 44), width=2)
    draw.rounded_rectangle(
        [x - size * 0.1, basket, x + size * 0.1, basket + size * 0.15], radius=4, fill=(112, 74, 42)
    )


def draw():
    picture = sky()
    balloon(picture, 786, 300, 44)
    hills(picture)
    balloon(picture, 430, 270, 190)
    return picture.filter(ImageFilter.GaussianBlur(0.6))


if __name__ == "__main__":
    import sys

    draw().save(sys.argv[1], quality=90)
