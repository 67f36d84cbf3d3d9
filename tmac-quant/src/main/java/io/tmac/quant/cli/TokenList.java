package io.tmac.quant.cli;

import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Token ids from the command line, for example {@code 1,403,407}.
 *
 * @param ids the ids, at least one; whether the vocabulary has them is not known here
 */
record TokenList(int[] ids) {

  /** Reads ids separated by commas. */
  static final class Converter implements ITypeConverter<TokenList> {

    @Override
    public TokenList convert(String value) {
      String[] items = value.split(",", -1);
      return new TokenList(Arrays.stream(items).mapToInt(Converter::id).toArray());
    }

    private static int id(String item) {
      try {
        return Integer.parseInt(item.strip());
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "token ids separated by commas are expected, as in 1,403,407; found '" + item + "'");
      }
    }
  }
}
