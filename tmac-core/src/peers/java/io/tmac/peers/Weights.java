package io.tmac.peers;

/** Kinds of weights; engines are compared within one kind. */
enum Weights {
  F32("F32"),
  FOUR_BIT("4 bit"),
  TERNARY("ternary");

  final String label;

  Weights(String label) {
    this.label = label;
  }
}
