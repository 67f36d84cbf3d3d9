package io.tmac.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * C2 copies a hot method of up to 325 bytecodes into its callers. A vector kernel that is copied
 * may exceed what can be inlined below it, and its vectors become objects, in some JVMs and not in
 * others. So kernels are longer than that, and short enough in vector calls to be inlined whole.
 */
class KernelSizeTest {
  private static final int LARGEST_INLINED = 325;
  private static final int MOST_VECTOR_CALLS = 100;

  @ParameterizedTest
  @ValueSource(
      classes = {
        Attention.class,
        Exp.class,
        FloatLinear.class,
        Gemm.class,
        Int7Lookup.class,
        LookupLinear.class,
        LookupTables.class,
        NarrowLookup.class,
        NibbleKernels.class,
        NibbleLinear.class,
        Quantizer.class,
        VectorAttention.class,
        VectorKernels.class,
        WideLookup.class
      })
  void kernelsAreTooLargeToBeCopiedIntoTheirCallers(Class<?> type) throws IOException {
    for (MethodModel method : read(type).methods()) {
      List<String> calls = vectorCalls(method);
      if (calls.isEmpty()) {
        continue;
      }
      String name = type.getSimpleName() + "." + method.methodName().stringValue();
      int length = ((CodeAttribute) method.code().orElseThrow()).codeLength();
      assertThat(length).as("bytecodes of " + name).isGreaterThan(LARGEST_INLINED);
      assertThat(calls).as("vector calls of " + name).hasSizeLessThan(MOST_VECTOR_CALLS);
    }
  }

  @Test
  void theTestSeesTheKernels() throws IOException {
    assertThat(read(VectorAttention.class).methods())
        .filteredOn(method -> !vectorCalls(method).isEmpty())
        .hasSize(4);
  }

  private static ClassModel read(Class<?> type) throws IOException {
    try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
      return ClassFile.of().parse(in.readAllBytes());
    }
  }

  /** Calls of the Vector API in a loop body or elsewhere; asking for a length is none. */
  private static List<String> vectorCalls(MethodModel method) {
    List<String> calls = new ArrayList<>();
    CodeModel code = method.code().orElse(null);
    if (code != null) {
      for (var element : code) {
        if (element instanceof InvokeInstruction call
            && call.owner().asInternalName().startsWith("jdk/incubator/vector/")
            && !call.name().equalsString("length")) {
          calls.add(call.name().stringValue());
        }
      }
    }
    return calls;
  }
}
