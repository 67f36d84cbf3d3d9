package io.tmac.quant;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The plot of {@link LossChart}, drawn with XChart. */
final class LossPlot {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 600;
  private static final Font PLAIN = new Font(Font.SANS_SERIF, Font.PLAIN, 16);

  /** Colours that the colour-blind can tell apart, after Okabe and Ito. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xE69F00),
          new Color(0xCC79A7),
          new Color(0x000000));

  private LossPlot() {}

  /** Returns the bytes of a PNG file. */
  static byte[] png(List<LossChart.Curve> curves, List<LossChart.Level> levels) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .xAxisTitle("steps")
            .yAxisTitle("nats per token")
            .build();
    style(chart.getStyler());
    double first = Double.POSITIVE_INFINITY;
    double last = 0;
    int color = 0;
    for (LossChart.Curve curve : curves) {
      XYSeries series = chart.addSeries(curve.name(), curve.steps(), curve.losses());
      series.setLineColor(COLORS.get(color++ % COLORS.size()));
      series.setMarker(SeriesMarkers.NONE);
      first = Math.min(first, curve.steps()[0]);
      last = Math.max(last, curve.steps()[curve.steps().length - 1]);
    }
    for (LossChart.Level level : levels) {
      double[] losses = {level.loss(), level.loss()};
      XYSeries series = chart.addSeries(level.name(), new double[] {first, last}, losses);
      series.setLineColor(COLORS.get(color++ % COLORS.size()));
      series.setLineStyle(
          new BasicStroke(
              2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 1, new float[] {8, 6}, 0));
      series.setMarker(SeriesMarkers.NONE);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BitmapEncoder.saveBitmap(chart, bytes, BitmapFormat.PNG);
    return bytes.toByteArray();
  }

  private static void style(XYStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendFont(PLAIN);
    styler.setAxisTickLabelsFont(PLAIN);
    styler.setAxisTitleFont(PLAIN);
  }
}
