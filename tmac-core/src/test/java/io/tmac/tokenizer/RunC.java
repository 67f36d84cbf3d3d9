package io.tmac.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code encode} of llama2.c's run.c, statement by statement: look at all pairs, merge the best,
 * start again. The text ends at its end, not at a NUL.
 */
final class RunC {

  private final List<String> pieces = new ArrayList<>(); // a byte per char
  private final List<Float> scores = new ArrayList<>();

  RunC(List<TokenizerBytes.Piece> vocabulary) {
    for (TokenizerBytes.Piece piece : vocabulary) {
      pieces.add(new String(piece.bytes(), StandardCharsets.ISO_8859_1));
      scores.add(piece.score());
    }
  }

  int[] encode(byte[] utf8) {
    String text = new String(utf8, StandardCharsets.ISO_8859_1);
    List<Integer> tokens = new ArrayList<>();
    tokens.add(1);
    if (!text.isEmpty() && pieces.contains(" ")) {
      tokens.add(pieces.indexOf(" "));
    }
    String character = "";
    for (int c = 0; c < text.length(); c++) {
      if (!isContinuation(text, c)) {
        character = "";
      }
      character += text.charAt(c);
      if (isContinuation(text, c + 1) && character.length() < 4) {
        continue;
      }
      int id = pieces.indexOf(character);
      if (id != -1) {
        tokens.add(id);
      } else {
        for (int i = 0; i < character.length(); i++) {
          tokens.add(character.charAt(i) + 3);
        }
      }
      character = "";
    }
    while (true) {
      float bestScore = -1e10f;
      int bestId = -1;
      int bestIndex = -1;
      for (int i = 0; i < tokens.size() - 1; i++) {
        int id = pieces.indexOf(pieces.get(tokens.get(i)) + pieces.get(tokens.get(i + 1)));
        if (id != -1 && scores.get(id) > bestScore) {
          bestScore = scores.get(id);
          bestId = id;
          bestIndex = i;
        }
      }
      if (bestIndex == -1) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
      }
      tokens.set(bestIndex, bestId);
      tokens.subList(bestIndex + 1, bestIndex + 2).clear();
    }
  }

  private static boolean isContinuation(String text, int at) {
    return at < text.length() && (text.charAt(at) & 0xC0) == 0x80;
  }
}
