package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessMemoryTest {

  @Test
  @EnabledOnOs(OS.LINUX)
  void growsWithWhatIsTouched() {
    byte[] touched = new byte[64 << 20];
    Arrays.fill(touched, (byte) 1);
    assertThat(ProcessMemory.residentBytes()).isPresent();
    assertThat(ProcessMemory.residentBytes().getAsLong()).isGreaterThan(touched.length);
  }
}
